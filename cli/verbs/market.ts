import type { Command } from 'commander'
import { acceptOffer, withdrawOffer } from '../../client/src/market.ts'
import { type AssetPage, assetPage } from '../../jobs/market/asset-page.ts'
import { offersOf } from '../../jobs/market/offers.ts'
import { requireBuyable, requireWithdrawable } from '../../jobs/market/open-offers.ts'
import { type GlobalFlags, runReadingVerb, runVerb, withGlobalFlags } from '../command.ts'
import { printMarket } from '../print-market.ts'
import { addOffer } from './market-offer.ts'
import { accountOf, type SendingFlags, send, withSigningFlags } from './market-signing.ts'

type ListFlags = GlobalFlags & { readonly all?: boolean }
/** `market list`, `market offer`, `market accept`, `market withdraw`: shares of assets, and licences, are bought and sold. */
export function addMarket(program: Command): void {
  const market = program.command('market').description('shares and licences of assets: list, offer, accept, withdraw')
  addList(market)
  addOffer(market)
  withSigningFlags(
    market.command('accept <offer>').description('buy what is offered, from what you have deposited in its token'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ tally market accept quarter-of-digits --source urn:market --key-file me.key\n\nIt names the terms that the ledger holds now. Settled with the epoch: the price is taken and the share or the licence is yours, or neither. A licence covers your uses from the acceptance on.',
    )
    .action((offer: string, flags: SendingFlags) =>
      runVerb('market accept', flags, (context) =>
        send(context, flags, 'acceptance', async (signing) => {
          const account = accountOf(signing)
          const { warehouse } = await context.session.ledger()
          const { terms } = await requireBuyable(warehouse, offer, account, context.session.clock())
          return { ...(await acceptOffer({ ...signing, offer, terms })), offer }
        }),
      ),
    )
  withSigningFlags(market.command('withdraw <offer>').description('take an offer of yours back'))
    .addHelpText(
      'after',
      '\nExample:\n  $ tally market withdraw quarter-of-digits --source urn:market --key-file me.key\n\nA share is free when the epoch is over. Whoever accepted before may still get it; licences that were bought stay.',
    )
    .action((offer: string, flags: SendingFlags) =>
      runVerb('market withdraw', flags, (context) =>
        send(context, flags, 'withdrawal', async (signing) => {
          const { warehouse } = await context.session.ledger()
          await requireWithdrawable(warehouse, offer, accountOf(signing), context.session.clock())
          return { ...(await withdrawOffer({ ...signing, offer })), offer }
        }),
      ),
    )
}

function addList(market: Command): void {
  withGlobalFlags(
    market
      .command('list [asset]')
      .description('what is offered, and of each asset its licence, income, measured quality and reuse'),
  )
    .option('--all', 'also what was sold, withdrawn or has expired')
    .addHelpText(
      'after',
      '\nExample:\n  $ tally market list\n  $ tally market list digits --all --json\n\nAs of the last closed epoch. With an asset its page is shown, offered or not.',
    )
    .action((asset: string | undefined, flags: ListFlags) =>
      runReadingVerb('market list', flags, async ({ session, answer }) => {
        const { warehouse } = await session.ledger()
        const all = await offersOf(warehouse, asset)
        const offers = flags.all === true ? all : all.filter(({ state }) => state === 'open')
        const names = asset === undefined ? new Set(offers.map((offer) => offer.asset)) : [asset]
        const assets: AssetPage[] = []
        // One behind the other: they share a temporary table.
        for (const name of [...names].sort()) assets.push(await assetPage(warehouse, name))
        answer({ offers, assets }, () => printMarket(offers, assets))
        return undefined
      }),
    )
}
