import { readFileSync } from 'node:fs'
import { readReceipt, verifyReceiptOffline } from '@tallystick/client'

for (const { document } of JSON.parse(readFileSync(process.argv[2], 'utf8')).payoutReceipts) {
  const file = new Blob([JSON.stringify(document)])
  const found = await verifyReceiptOffline(readReceipt(await file.arrayBuffer().then((bytes) => new Uint8Array(bytes))))
  for (const { name, ok, detail } of found.steps) console.log(ok ? '✓' : '✗', name, detail)
  console.log(found.ok, found.vouched, found.earned, found.cumulative)
}
