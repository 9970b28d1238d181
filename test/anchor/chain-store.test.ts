import { MemoryTransactionStore } from '../../anchor/chain/transaction-store.ts'
import { transactionStoreContract } from './chain-store.contract.ts'

transactionStoreContract('MemoryTransactionStore', async () => new MemoryTransactionStore())
