import { TallyError } from '../../schemas/errors.ts'

export class NoPriceListError extends TallyError {
  override readonly code = 'NO_PRICE_LIST'
  constructor(facts: { model: string; priceList?: string; token?: string }) {
    const { model, priceList, token } = facts
    const wanted = priceList === undefined ? 'price list' : `price list ${JSON.stringify(priceList)}`
    super(`Model ${JSON.stringify(model)} has no ${wanted}${token === undefined ? '' : ` in ${token}`}.`, {
      facts,
      hint: 'An owner of the model publishes one (PriceListPublished); it counts once its epoch is closed: see `tally epoch status`.',
    })
  }
}

export class ModelUnknownError extends TallyError {
  override readonly code = 'MODEL_UNKNOWN'
  constructor(facts: { model: string; kind: string | null }) {
    const name = JSON.stringify(facts.model)
    super(facts.kind === null ? `No model ${name} is registered.` : `${name} is no model but of kind ${facts.kind}.`, {
      facts,
      hint: 'A model counts from the epoch on in which its registration (AssetRegistered) lies: `tally epoch status` shows what waits for the next cut, `tally market list MODEL` what is known of an asset.',
    })
  }
}

export class NoPriceError extends TallyError {
  override readonly code = 'NO_PRICE'
  constructor(facts: { priceList: string; units: string; commercial: boolean }) {
    super(`Price list ${JSON.stringify(facts.priceList)} has no price now for all of ${facts.units}.`, {
      facts,
      hint: 'Its rules may be over, begin later, or be for another use: see docs/formats.md#prices.',
    })
  }
}

export class ModelRetiredError extends TallyError {
  override readonly code = 'MODEL_RETIRED'
  constructor(facts: { model: string }) {
    super(`Model ${JSON.stringify(facts.model)} is retired: no use of it is accepted any more.`, {
      facts,
      hint: 'What is derived from it may go on: `tally market list MODEL` shows its reuse.',
    })
  }
}

export class QuoteRequestError extends TallyError {
  override readonly code = 'QUOTE_REQUEST'
  constructor(what: string) {
    super(what, { hint: 'Units are 1 to 32, each once, with a whole number from 0 to 2^53 - 1: input_tokens=1000.' })
  }
}
