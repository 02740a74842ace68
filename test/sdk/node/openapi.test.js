// The description of the Backend API is an OpenAPI 3.1 document.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'

test('/openapi.json is valid', async () => {
  const answer = await fetch(`${process.env.SIGNET_TEST_URL}/openapi.json`)
  assert.equal(answer.headers.get('content-type'), 'application/json')
  const document = await answer.json()
  assert.deepEqual(document.servers, [{ url: process.env.SIGNET_TEST_URL }])
  const validator = new Validator()
  const result = await validator.validate(document)
  assert.ok(result.valid, `${JSON.stringify(result.errors)}`.slice(0, 4000))
  assert.equal(validator.version, '3.1')
})
