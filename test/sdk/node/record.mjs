// Loaded before each test: notes every method of @clerk/backend that is called, and
// what came of it, as a line in SIGNET_TEST_CALLS.

import { appendFileSync } from 'node:fs'
import { createClerkClient } from '@clerk/backend'

const file = process.env.SIGNET_TEST_CALLS

// methodsOf lists the resources of a client with the methods that a user may call.
export function methodsOf(clerk) {
  const found = []
  for (const [resource, api] of Object.entries(clerk)) {
    if (typeof api !== 'object' || api === null || resource.startsWith('__') || resource === 'telemetry') continue
    const prototype = Object.getPrototypeOf(api)
    const names = Object.getOwnPropertyNames(prototype).filter(n => n !== 'constructor' && typeof api[n] === 'function')
    found.push({ resource, prototype, names })
  }
  return found
}

const note = line => file && appendFileSync(file, `${JSON.stringify({ sdk: '@clerk/backend', ...line })}\n`)

// noted calls what is no method of a resource.
export async function noted(method, call, sdk = '@clerk/backend') {
  const value = await call()
  note({ sdk, method, status: 200, code: '' })
  return value
}
noted.refused = (method, sdk = '@clerk/backend') => note({ sdk, method, status: 401, code: '' })

if (file) {
  for (const { resource, prototype, names } of methodsOf(createClerkClient({ secretKey: 'sk_test_x', telemetry: { disabled: true } }))) {
    for (const name of names) {
      const original = prototype[name]
      prototype[name] = function (...args) {
        const outcome = original.apply(this, args)
        if (typeof outcome?.then !== 'function') return outcome
        return outcome.then(
          value => { note({ method: `${resource}.${name}`, status: 200, code: '' }); return value },
          error => {
            if (error?.status) note({ method: `${resource}.${name}`, status: error.status, code: error.errors?.[0]?.code ?? '' })
            throw error
          })
      }
    }
  }
}
