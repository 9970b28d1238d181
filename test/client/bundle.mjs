// Bundles a file as an ES module for browsers and prints { "/file.js": code } as JSON. A process of its own: the bundler's
// native part does not run within jest's realm.
import { build } from 'vite'

const built = await build({
  configFile: false,
  logLevel: 'error',
  build: {
    write: false,
    target: 'es2022',
    lib: { entry: process.argv[2], formats: ['es'], fileName: () => 'verify.js' },
  },
})
const chunks = [built].flat()[0].output.filter((part) => part.type === 'chunk')
process.stdout.write(JSON.stringify(Object.fromEntries(chunks.map(({ fileName, code }) => [`/${fileName}`, code]))))
