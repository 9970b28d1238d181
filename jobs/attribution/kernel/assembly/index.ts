// What the threads call. Addresses are bytes in the module's own memory, laid out by the caller and aligned to 16.
export { choleskyBytes, factor, flip, forward, outer, outerBytes, turn } from './cholesky'
export { gram, gramBytes, softmax, softmaxBytes } from './curvature'
export { pairs, startPairs, summaryBytes } from './pairs'
export { movements, project, scoreBytes, squares } from './scores'
export { suffixArray, suffixBytes } from './suffix-array'
export { bucketBytes, groupSums, sumBytes, weightedSums } from './sums'
