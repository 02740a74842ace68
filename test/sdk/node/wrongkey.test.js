// Every method that is offered, with a key of another instance, and every one that
// is not, with the right key: there is none that a stranger could use, and none that
// does something that scope.json does not tell.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { methodsOf } from './record.mjs'

const apiUrl = process.env.SIGNET_TEST_URL
const notOffered = JSON.parse(readFileSync(new URL('../scope.json', import.meta.url)))['@clerk/backend']
const clerkWith = secretKey => createClerkClient({ secretKey, apiUrl, telemetry: { disabled: true } })
const stranger = clerkWith(`sk_test_${'x'.repeat(40)}`)
const clerk = clerkWith(process.env.SIGNET_TEST_SECRET_KEY)

// Whatever a method wants to know, this says "some".
const some = new Proxy({}, { get: (_, name) => (typeof name === 'string' && /id|slug|key|file$/i.test(name) ? 'some' : undefined) })

// refusal calls a method as one that takes an id and as one that takes an object.
async function refusal(api, name) {
  let failure
  for (const args of [['some', {}, 'some'], [some, some], [{ id: 'some' }]]) {
    try {
      await api[name](...args)
      return { status: 200 }
    } catch (error) {
      failure = error
      if (error.status) return error
    }
  }
  return failure
}

for (const { resource, names } of methodsOf(clerk)) {
  for (const name of names) {
    const method = `${resource}.${name}`
    if (notOffered[resource] ?? notOffered[method]) {
      test(`${method} is not offered`, async () => {
        const refused = await refusal(clerk[resource], name)
        assert.ok([404, 405, undefined].includes(refused.status), `${method}: ${refused.status} ${refused}`)
      })
    } else {
      test(`${method} with a wrong key`, async () => {
        const refused = await refusal(stranger[resource], name)
        assert.equal(refused.status, 401, `${method}: ${refused}`)
      })
    }
  }
}
