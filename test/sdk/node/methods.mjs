// Prints the methods of @clerk/backend, one a line.

import { createClerkClient } from '@clerk/backend'
import { methodsOf } from './record.mjs'

const all = methodsOf(createClerkClient({ secretKey: 'sk_test_x', telemetry: { disabled: true } }))
  .flatMap(({ resource, names }) => names.map(name => `${resource}.${name}`))
console.log(all.concat('authenticateRequest', 'verifyToken', 'verifyWebhook').sort().join('\n'))
