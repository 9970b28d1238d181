/** What others print for the same protocol (MNIST-10, logistic regression, 5,000 train, 500 test, 100 half subsets). */
export const PUBLISHED = [
  { name: 'TRAK, 10 checkpoints', lds: 0.643, source: 'dattri (Deng et al. 2024), MNIST-10 with logistic regression' },
] as const
