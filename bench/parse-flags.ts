import { type ParseArgsConfig, parseArgs } from 'node:util'

/** `parseArgs` for a command line: a flag that is unknown or has no value is named, with the usage, and ends with 2. */
export function parseFlags<Config extends ParseArgsConfig>(
  config: Config,
  usage: string,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    console.error(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}
