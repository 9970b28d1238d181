// Who may import whom (CONTRIBUTING.md shows the map). scripts/check-imports.mjs runs it.

/** Folder → what of ours it may import, besides itself. A relative import of anything else breaks the rule `<folder>-imports`. */
const MAY_IMPORT = {
  schemas: [],
  anchor: ['^schemas/'],
  audit: ['^schemas/', '^anchor/'],
  pipelines: ['^schemas/'],
  // Of pipelines the warehouse, the loop that fills it and the port: which log is behind the port is not a job's business.
  jobs: ['^schemas/', '^anchor/', '^pipelines/(warehouse/|ingest(\\.ts$|/)|record-source(-errors)?\\.ts$)'],
  api: ['^schemas/', '^anchor/', '^pipelines/', '^jobs/'],
  client: ['^schemas/', '^anchor/'],
  web: ['^schemas/'],
  // Of jobs the shape of feature rows alone: an extractor stands outside of what is decided with them.
  extractors: ['^schemas/', '^jobs/attribution/rows\\.ts$'],
  examples: ['^schemas/', '^anchor/', '^client/', '^extractors/'],
}

const folderRules = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  name: `${folder}-imports`,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: { dependencyTypes: ['local'], pathNot: [`^${folder}/`, ...allowed] },
}))

module.exports = {
  forbidden: [
    ...folderRules,
    {
      name: 'nobody-imports-cli',
      comment: 'The command line composes; what somebody else needs of it belongs into a folder below.',
      severity: 'error',
      from: { pathNot: '^(cli|test)/' },
      to: { path: '^cli/' },
    },
    {
      name: 'nobody-imports-test',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    {
      name: 'kafkajs-behind-the-port',
      comment: 'Everything else speaks to a RecordSource or a RecordSink, so that it runs without a broker.',
      severity: 'error',
      from: { pathNot: '^(pipelines/kafka-|bench/|test/)' },
      to: { path: 'node_modules/kafkajs/' },
    },
    {
      name: 'duckdb-in-the-warehouse-and-its-users',
      comment: 'schemas, anchor, audit, client and web work where DuckDB is not installed.',
      severity: 'error',
      from: { pathNot: '^(pipelines|jobs|bench|test)/' },
      to: { path: 'node_modules/@duckdb/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'listed-packages',
      comment: 'A package that only another package brings can vanish with it.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-packages',
      comment: 'Whoever installs Tallystick does not have them.',
      severity: 'error',
      from: { pathNot: '^(test|bench)/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    // dependency-cruiser does not know TypeScript 7: its other parsers overlook `export type … from`, or every import.
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
  },
}
