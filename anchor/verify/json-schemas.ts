import { z } from 'zod'
import { ATTESTATION_FORMAT, attestationShape } from '../chain/attestation-document.ts'
import { LOG_KEY_FORMAT, logKeyShape } from '../log-key/log-key.ts'
import { manifestShape } from '../manifest.ts'
import { UPLOAD_RECEIPT_FORMAT, uploadReceiptShape } from '../uploads/receipt.ts'
import { EVENT_RECEIPT_FORMAT, eventReceiptShape } from './event-receipt.ts'
import { OMISSION_FORMAT, omissionShape } from './omission.ts'
import { RECEIPT_FORMAT, receiptShape } from './receipt.ts'
import { SPLIT_VIEW_FORMAT, splitViewShape } from './split-view.ts'
import { STATEMENT_FORMAT, statementShape } from './statement-shape.ts'

const DOCUMENTS: readonly (readonly [format: string, title: string, shape: z.ZodType])[] = [
  ['tallystick-manifest/1', 'What an epoch commits to', manifestShape],
  [RECEIPT_FORMAT, 'The receipt of a payout', receiptShape],
  [EVENT_RECEIPT_FORMAT, 'The receipt of an event', eventReceiptShape],
  [UPLOAD_RECEIPT_FORMAT, 'The receipt of an upload', uploadReceiptShape],
  [OMISSION_FORMAT, 'Evidence of an omission', omissionShape],
  [SPLIT_VIEW_FORMAT, 'Evidence of two histories under one key', splitViewShape],
  [LOG_KEY_FORMAT, 'The word of an operator on the key of its log', logKeyShape],
  [ATTESTATION_FORMAT, 'The word of an attester on a proposal', attestationShape],
  [STATEMENT_FORMAT, 'What an account is owed, and why', statementShape],
]

/**
 * The JSON Schema (2020-12) of each document, made of the shapes that read it, by file name: `receipt-1.schema.json` is that of
 * `tallystick-receipt/1`. A schema says what a document looks like; whether it holds, `tally verify` says.
 */
export function jsonSchemas(): ReadonlyMap<string, object> {
  return new Map(
    DOCUMENTS.map(([format, title, shape]) => {
      const name = format.replace(/^tallystick-/, '').replace('/', '-')
      const { $schema, ...schema } = z.toJSONSchema(shape, { target: 'draft-2020-12' })
      return [`${name}.schema.json`, { $schema, $id: `urn:tallystick:schema:${name}`, title, ...schema }]
    }),
  )
}
