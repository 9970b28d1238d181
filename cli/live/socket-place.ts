import { existsSync, lstatSync, mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { DataDirectory } from '../data-directory.ts'
import { SocketForeignError } from './errors.ts'

/** Bytes of a socket's path: `sun_path` holds 104 on macOS and 108 on Linux, with the zero at the end. */
const PATH_BYTES_MAX = 103

const FOLDER_PREFIX = 'tally-socket-'
const SOCKET_NAME = 'tally.sock'

/**
 * Where the running ingest is to listen: in the data folder, or, when that path is too long for a socket, in a new folder
 * (mode 0700) whose place a file in the data folder names. The caller holds the warehouse's lock.
 */
export function placeSocket(directory: DataDirectory): string {
  removeSocket(directory)
  if (Buffer.byteLength(directory.socket) <= PATH_BYTES_MAX) return directory.socket
  const path = join(mkdtempSync(join(shortTemporaryFolder(), FOLDER_PREFIX)), SOCKET_NAME)
  // Killed before the rename: an empty folder stays behind, and nobody looks there.
  writeFileSync(`${directory.socketPath}.new`, path, { mode: 0o600 })
  renameSync(`${directory.socketPath}.new`, directory.socketPath)
  return path
}

/**
 * The socket of this data folder, if there is one; somebody may or may not listen. It is trusted as far as it belongs to
 * this user: whoever else can write into the folder could have put one there.
 *
 * @throws SocketForeignError
 */
export function findSocket(directory: DataDirectory): string | undefined {
  const path = readPlace(directory)
  // A folder that cannot be looked into is named by whoever opens the warehouse in it.
  const found = existsSync(path) ? lstatSync(path, { throwIfNoEntry: false }) : undefined
  if (found?.isSocket() !== true) return undefined
  const uid = process.getuid?.()
  if (uid !== undefined && found.uid !== uid) throw new SocketForeignError({ path, owner: found.uid, user: uid })
  return path
}

/** Removes what a dead process left, or this one's own. The caller holds the warehouse's lock, so nobody living listens there. */
export function removeSocket(directory: DataDirectory): void {
  const path = readPlace(directory)
  // Nothing but a socket, whatever the file says; and of folders only one that was made for it.
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(path)
  if (path === directory.socket) return
  const folder = dirname(path)
  if (basename(folder).startsWith(FOLDER_PREFIX) && existsSync(folder)) rmdirSync(folder)
  rmSync(directory.socketPath)
}

function readPlace(directory: DataDirectory): string {
  return existsSync(directory.socketPath) ? readFileSync(directory.socketPath, 'utf8') : directory.socket
}

/** TMPDIR may be as long as the data folder's own path. */
function shortTemporaryFolder(): string {
  const folder = tmpdir()
  const longest = join(folder, `${FOLDER_PREFIX}XXXXXX`, SOCKET_NAME)
  return Buffer.byteLength(longest) <= PATH_BYTES_MAX ? folder : '/tmp'
}
