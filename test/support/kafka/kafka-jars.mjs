// What a broker of this machine is made of: a Java runtime, the jars of pom.xml and a class archive.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const KAFKA_VERSION = '4.3.1' // the version in pom.xml
const JAVA_MAJOR_MIN = 17
const OUTPUT_CHARACTERS_MAX = 4000

export const LIBS = join(HERE, 'libs', KAFKA_VERSION)
export const LOG_SETTINGS = join(HERE, 'log4j2.properties')

/** Whether this machine can run Kafka; `hint` says in one line what is missing and how to get it. */
export function kafkaAvailable() {
  const major = javaMajor()
  if (major === null) return missing(`Kafka needs a Java runtime, ${JAVA_MAJOR_MIN} or newer`)
  if (major < JAVA_MAJOR_MIN) return missing(`Kafka needs Java ${JAVA_MAJOR_MIN} or newer, found ${major}`)
  if (!existsSync(LIBS) && spawnSync('mvn', ['--version'], { stdio: 'ignore' }).status !== 0) {
    return missing('Kafka is fetched by Maven')
  }
  return { available: true, hint: '' }
}

function missing(what) {
  const how = 'Debian: apt-get install default-jre-headless maven; macOS: brew install openjdk maven'
  return { available: false, hint: `${what}. ${how}.` }
}

function javaVersion() {
  const found = spawnSync('java', ['-version'], { encoding: 'utf8' })
  return found.status === 0 ? found.stderr : null
}

function javaMajor() {
  const found = javaVersion()?.match(/version "(\d+)/)
  return found ? Number(found[1]) : null
}

/** Once: about 44 MB of jars. Another process doing the same at the same time is harmless: the first rename wins. */
export async function fetchJars() {
  if (existsSync(LIBS)) return
  const partial = `${LIBS}.${process.pid}.partial`
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`]
  try {
    await run('mvn', ['-q', '-B', '-ntp', '-f', join(HERE, 'pom.xml'), ...goal])
    await rename(partial, LIBS).catch((error) => {
      if (!existsSync(LIBS)) throw error
    })
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

/**
 * A class-data archive halves the start. The first node that ever runs writes it when it stops.
 * `use`: the archive to read; `make`: where this run writes one, to be renamed to `final`.
 */
export function classArchive() {
  const jvm = createHash('sha256').update(javaVersion()).digest('hex').slice(0, 12)
  const final = join(LIBS, `classes-${jvm}.jsa`)
  if (existsSync(final)) return { use: final }
  return { make: `${final}.${process.pid}.partial`, final }
}

/** Runs a program to its end; one that fails is an error with the last it said. */
export async function run(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const keep = (text) => {
    output = (output + text).slice(-OUTPUT_CHARACTERS_MAX)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ended with ${code}.\n${output}`)
}
