// Keccak-256 as Ethereum has it, of two messages at a time: lane i of one state in the low half of a vector, of the other in
// the high half. AssemblyScript; scripts/build-kernel.mjs compiles it (npm run kernel). Addresses are bytes in the module's own
// memory, laid out by the caller (batch-hasher.mjs).

/** 25 vectors. Both places are aligned to 16. */
const STATE = memory.data(400, 16)
/** chainId and distributor as the first two words of a leaf: eight lanes, the same for all leaves of a tree. */
const PREFIX = memory.data(64, 16)
const ROUND_CONSTANTS = memory.data<u64>([
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
  0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
  0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
  0x000000000000800a, 0x800000008000000a, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
])

/** The first and the last bit of the padding, as lanes. */
const PAD_FIRST: u64 = 0x01
const PAD_LAST: u64 = 0x8000000000000000
/** Lane that holds the last bytes of a block of 136. */
const LAST_LANE: u32 = 16
const LANES: u32 = 25

const ADDRESS_BYTES: usize = 20
const HASH_BYTES: usize = 32
const PAIR_BYTES: usize = 2 * HASH_BYTES
/** account ‖ token ‖ cumulative */
const ROW_BYTES: usize = 2 * ADDRESS_BYTES + 32

/** Where the caller puts the first 64 bytes of every leaf. */
export function prefix(): usize {
  return PREFIX
}

/**
 * keccak256(keccak256(abi.encode(chainId, distributor, account, token, cumulative))) of each row.
 *
 * @param rows  count × 72 bytes: account ‖ token ‖ cumulative
 * @param out   count × 32 bytes
 */
export function leaves(rows: usize, count: u32, out: usize): void {
  for (let i: u32 = 0; i < count; i += 2) {
    // Of an odd number the last row stands in both halves.
    const other: usize = i + 1 < count ? ROW_BYTES : 0
    leafPair(rows, rows + other, out, out + (other === 0 ? 0 : HASH_BYTES))
    rows += 2 * ROW_BYTES
    out += 2 * HASH_BYTES
  }
}

/**
 * keccak256 of each two children, the lower first.
 *
 * @param children  count × 64 bytes
 * @param out       count × 32 bytes
 */
export function nodes(children: usize, count: u32, out: usize): void {
  for (let i: u32 = 0; i < count; i += 2) {
    const other: usize = i + 1 < count ? PAIR_BYTES : 0
    nodePair(children, children + other, out, out + (other === 0 ? 0 : HASH_BYTES))
    children += 2 * PAIR_BYTES
    out += 2 * HASH_BYTES
  }
}

function leafPair(row: usize, row2: usize, out: usize, out2: usize): void {
  for (let lane: u32 = 0; lane < 8; lane++) put(lane, v128.load64_splat(PREFIX + lane * 8))
  putAddress(8, row, row2)
  putAddress(12, row + ADDRESS_BYTES, row2 + ADDRESS_BYTES)
  row += 2 * ADDRESS_BYTES
  row2 += 2 * ADDRESS_BYTES
  putLoaded(LAST_LANE, row, row2)
  clearFrom(LAST_LANE + 1)
  permute()
  // 160 bytes are a block of 136 and one of 24.
  for (let lane: u32 = 0; lane < 3; lane++) add(lane, load2(row + 8 + lane * 8, row2 + 8 + lane * 8))
  add(3, i64x2.splat(PAD_FIRST))
  add(LAST_LANE, i64x2.splat(PAD_LAST))
  permute()
  padFrom(4)
  permute()
  takeHashes(out, out2)
}

function nodePair(pair: usize, pair2: usize, out: usize, out2: usize): void {
  // The offset of the lower child is `swap`, of the higher one HASH_BYTES − swap.
  const swap: usize = isOrdered(pair) ? 0 : HASH_BYTES
  const swap2: usize = isOrdered(pair2) ? 0 : HASH_BYTES
  for (let lane: u32 = 0; lane < 4; lane++) {
    const at: usize = lane * 8
    putLoaded(lane, pair + swap + at, pair2 + swap2 + at)
    putLoaded(lane + 4, pair + HASH_BYTES - swap + at, pair2 + HASH_BYTES - swap2 + at)
  }
  padFrom(8)
  permute()
  takeHashes(out, out2)
}

/** Whether the first 32 bytes sort before, or are, the 32 behind them. */
function isOrdered(pair: usize): bool {
  for (let at = pair; at < pair + HASH_BYTES; at += 8) {
    const a = bswap(load<u64>(at))
    const b = bswap(load<u64>(at, HASH_BYTES))
    if (a !== b) return a < b
  }
  return true
}

/** A word with an address: 12 zero bytes and 20 of it. */
function putAddress(lane: u32, address: usize, address2: usize): void {
  put(lane, i64x2.splat(0))
  const high = u64(load<u32>(address)) << 32
  const high2 = u64(load<u32>(address2)) << 32
  put(lane + 1, i64x2.replace_lane(i64x2.splat(high), 1, high2))
  putLoaded(lane + 2, address + 4, address2 + 4)
  putLoaded(lane + 3, address + 12, address2 + 12)
}

// @ts-ignore: decorator
@inline
function put(lane: u32, value: v128): void {
  v128.store(STATE + (lane << 4), value)
}

// @ts-ignore: decorator
@inline
function add(lane: u32, value: v128): void {
  put(lane, xor(v128.load(STATE + (lane << 4)), value))
}

// @ts-ignore: decorator
@inline
function load2(at: usize, at2: usize): v128 {
  return v128.load64_lane(at2, v128.load64_zero(at), 1)
}

// @ts-ignore: decorator
@inline
function putLoaded(lane: u32, at: usize, at2: usize): void {
  put(lane, load2(at, at2))
}

function clearFrom(lane: u32): void {
  for (; lane < LANES; lane++) put(lane, i64x2.splat(0))
}

/** The message ends before this lane of its only block. */
function padFrom(lane: u32): void {
  clearFrom(lane)
  put(lane, i64x2.splat(PAD_FIRST))
  put(LAST_LANE, i64x2.splat(PAD_LAST))
}

function takeHashes(out: usize, out2: usize): void {
  for (let lane: usize = 0; lane < 4; lane++) {
    const value = v128.load(STATE + (lane << 4))
    v128.store64_lane(out + (lane << 3), value, 0)
    v128.store64_lane(out2 + (lane << 3), value, 1)
  }
}

// @ts-ignore: decorator
@inline
function xor(a: v128, b: v128): v128 {
  return v128.xor(a, b)
}

// @ts-ignore: decorator
@inline
function rotl(a: v128, by: i32): v128 {
  return v128.or(i64x2.shl(a, by), i64x2.shr_u(a, 64 - by))
}

// @ts-ignore: decorator
@inline
function chi(a: v128, b: v128, c: v128): v128 {
  return v128.xor(a, v128.andnot(c, b))
}

/** Keccak-f[1600] (FIPS 202 §3.3) of both states; lane (x, y) is a(x + 5y). */
function permute(): void {
  let a0 = v128.load(STATE, 0)
  let a1 = v128.load(STATE, 16)
  let a2 = v128.load(STATE, 32)
  let a3 = v128.load(STATE, 48)
  let a4 = v128.load(STATE, 64)
  let a5 = v128.load(STATE, 80)
  let a6 = v128.load(STATE, 96)
  let a7 = v128.load(STATE, 112)
  let a8 = v128.load(STATE, 128)
  let a9 = v128.load(STATE, 144)
  let a10 = v128.load(STATE, 160)
  let a11 = v128.load(STATE, 176)
  let a12 = v128.load(STATE, 192)
  let a13 = v128.load(STATE, 208)
  let a14 = v128.load(STATE, 224)
  let a15 = v128.load(STATE, 240)
  let a16 = v128.load(STATE, 256)
  let a17 = v128.load(STATE, 272)
  let a18 = v128.load(STATE, 288)
  let a19 = v128.load(STATE, 304)
  let a20 = v128.load(STATE, 320)
  let a21 = v128.load(STATE, 336)
  let a22 = v128.load(STATE, 352)
  let a23 = v128.load(STATE, 368)
  let a24 = v128.load(STATE, 384)
  for (let constant = ROUND_CONSTANTS; constant < ROUND_CONSTANTS + 24 * 8; constant += 8) {
    // θ
    const c0 = xor(xor(xor(xor(a0, a5), a10), a15), a20)
    const c1 = xor(xor(xor(xor(a1, a6), a11), a16), a21)
    const c2 = xor(xor(xor(xor(a2, a7), a12), a17), a22)
    const c3 = xor(xor(xor(xor(a3, a8), a13), a18), a23)
    const c4 = xor(xor(xor(xor(a4, a9), a14), a19), a24)
    const d0 = xor(c4, rotl(c1, 1))
    const d1 = xor(c0, rotl(c2, 1))
    const d2 = xor(c1, rotl(c3, 1))
    const d3 = xor(c2, rotl(c4, 1))
    const d4 = xor(c3, rotl(c0, 1))
    // ρ and π
    const b0 = xor(a0, d0)
    const b1 = rotl(xor(a6, d1), 44)
    const b2 = rotl(xor(a12, d2), 43)
    const b3 = rotl(xor(a18, d3), 21)
    const b4 = rotl(xor(a24, d4), 14)
    const b5 = rotl(xor(a3, d3), 28)
    const b6 = rotl(xor(a9, d4), 20)
    const b7 = rotl(xor(a10, d0), 3)
    const b8 = rotl(xor(a16, d1), 45)
    const b9 = rotl(xor(a22, d2), 61)
    const b10 = rotl(xor(a1, d1), 1)
    const b11 = rotl(xor(a7, d2), 6)
    const b12 = rotl(xor(a13, d3), 25)
    const b13 = rotl(xor(a19, d4), 8)
    const b14 = rotl(xor(a20, d0), 18)
    const b15 = rotl(xor(a4, d4), 27)
    const b16 = rotl(xor(a5, d0), 36)
    const b17 = rotl(xor(a11, d1), 10)
    const b18 = rotl(xor(a17, d2), 15)
    const b19 = rotl(xor(a23, d3), 56)
    const b20 = rotl(xor(a2, d2), 62)
    const b21 = rotl(xor(a8, d3), 55)
    const b22 = rotl(xor(a14, d4), 39)
    const b23 = rotl(xor(a15, d0), 41)
    const b24 = rotl(xor(a21, d1), 2)
    // χ and ι
    a0 = xor(chi(b0, b1, b2), v128.load64_splat(constant))
    a1 = chi(b1, b2, b3)
    a2 = chi(b2, b3, b4)
    a3 = chi(b3, b4, b0)
    a4 = chi(b4, b0, b1)
    a5 = chi(b5, b6, b7)
    a6 = chi(b6, b7, b8)
    a7 = chi(b7, b8, b9)
    a8 = chi(b8, b9, b5)
    a9 = chi(b9, b5, b6)
    a10 = chi(b10, b11, b12)
    a11 = chi(b11, b12, b13)
    a12 = chi(b12, b13, b14)
    a13 = chi(b13, b14, b10)
    a14 = chi(b14, b10, b11)
    a15 = chi(b15, b16, b17)
    a16 = chi(b16, b17, b18)
    a17 = chi(b17, b18, b19)
    a18 = chi(b18, b19, b15)
    a19 = chi(b19, b15, b16)
    a20 = chi(b20, b21, b22)
    a21 = chi(b21, b22, b23)
    a22 = chi(b22, b23, b24)
    a23 = chi(b23, b24, b20)
    a24 = chi(b24, b20, b21)
  }
  v128.store(STATE, a0, 0)
  v128.store(STATE, a1, 16)
  v128.store(STATE, a2, 32)
  v128.store(STATE, a3, 48)
  v128.store(STATE, a4, 64)
  v128.store(STATE, a5, 80)
  v128.store(STATE, a6, 96)
  v128.store(STATE, a7, 112)
  v128.store(STATE, a8, 128)
  v128.store(STATE, a9, 144)
  v128.store(STATE, a10, 160)
  v128.store(STATE, a11, 176)
  v128.store(STATE, a12, 192)
  v128.store(STATE, a13, 208)
  v128.store(STATE, a14, 224)
  v128.store(STATE, a15, 240)
  v128.store(STATE, a16, 256)
  v128.store(STATE, a17, 272)
  v128.store(STATE, a18, 288)
  v128.store(STATE, a19, 304)
  v128.store(STATE, a20, 320)
  v128.store(STATE, a21, 336)
  v128.store(STATE, a22, 352)
  v128.store(STATE, a23, 368)
  v128.store(STATE, a24, 384)
}
