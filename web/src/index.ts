export { ReportDataError } from './errors.ts'
export { renderReport } from './render-report.ts'
export type { ReportAccount, ReportData, ReportEpoch, ReportInference, ReportItem } from './report-data.ts'
