import type { FastifyReply } from 'fastify'

/** What went wrong, for a program and for a person. */
interface Problem {
  readonly status: number
  /** What a program switches on. */
  readonly code: string
  /** The same for every request with this code. */
  readonly title: string
  /** Of this request. */
  readonly detail: string
}

/** Answers with RFC 9457 problem details; `type` names the code. */
export function sendProblem(reply: FastifyReply, { status, code, title, detail }: Problem): FastifyReply {
  const type = `urn:tallystick:problem:${code.toLowerCase().replaceAll('_', '-')}`
  return reply.code(status).type('application/problem+json').send(JSON.stringify({ type, title, status, detail, code }))
}
