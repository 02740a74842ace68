// An authenticator that makes one key and tells of it without attestation
// (WebAuthn §6.5), for tests that need a passkey.

import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'

const base64url = bytes => Buffer.from(bytes).toString('base64url')
const sha256 = bytes => createHash('sha256').update(bytes).digest()

// cbor writes what is needed of RFC 8949: small integers, texts, bytes and maps.
function cbor(value) {
  const head = (major, n) => n < 24 ? Buffer.from([major << 5 | n]) : n < 256 ? Buffer.from([major << 5 | 24, n]) : Buffer.from([major << 5 | 25, n >> 8, n & 255])
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([k, v]) => [cbor(k), cbor(v)])])
}

// create answers the options of a page, as navigator.credentials.create would.
export function create(options, origin) {
  const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  const key = cbor(new Map([[1, 2], [3, -7], [-1, 1], [-2, Buffer.from(x, 'base64url')], [-3, Buffer.from(y, 'base64url')]]))
  const id = randomBytes(32)
  const data = Buffer.concat([
    sha256(options.rp.id), Buffer.from([0x45]), Buffer.alloc(4), // user present and verified, a key follows; no count
    Buffer.alloc(16), Buffer.from([0, id.length]), id, key,
  ])
  const object = cbor(new Map([['fmt', 'none'], ['attStmt', new Map()], ['authData', data]]))
  return JSON.stringify({
    id: base64url(id), rawId: base64url(id), type: 'public-key', clientExtensionResults: {},
    response: {
      clientDataJSON: base64url(JSON.stringify({ type: 'webauthn.create', challenge: options.challenge, origin })),
      attestationObject: base64url(object), transports: ['internal'],
    },
  })
}
