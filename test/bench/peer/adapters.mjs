// Adapters of oidc-provider for the benchmark. Both keep everything that is asked
// of them: an adapter that forgets would look fast.

// inMemory keeps entries in maps, and drops what has expired when it is met.
export function inMemory() {
  const store = new Map()
  const grants = new Map()
  const alive = entry => (entry && (entry.expiresAt === 0 || entry.expiresAt > Date.now()) ? entry.payload : undefined)
  const grantable = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode', 'BackchannelAuthenticationRequest'])
  return class {
    constructor(model) {
      this.model = model
    }
    key(id) {
      return `${this.model}:${id}`
    }
    async upsert(id, payload, expiresIn) {
      const key = this.key(id)
      if (this.model === 'Session') store.set(`uid:${payload.uid}`, id)
      if (payload.grantId && grantable.has(this.model)) {
        const keys = grants.get(payload.grantId) ?? new Set()
        grants.set(payload.grantId, keys.add(key))
      }
      store.set(key, { payload, expiresAt: expiresIn ? Date.now() + expiresIn * 1000 : 0 })
    }
    async find(id) {
      return alive(store.get(this.key(id)))
    }
    async findByUid(uid) {
      return this.find(store.get(`uid:${uid}`))
    }
    async findByUserCode() {}
    async consume(id) {
      store.get(this.key(id)).payload.consumed = Math.floor(Date.now() / 1000)
    }
    async destroy(id) {
      store.delete(this.key(id))
    }
    async revokeByGrantId(grantId) {
      for (const key of grants.get(grantId) ?? []) store.delete(key)
      grants.delete(grantId)
    }
  }
}

const schema = `CREATE TABLE IF NOT EXISTS oidc_payloads (
  id text NOT NULL,
  type text NOT NULL,
  payload jsonb NOT NULL,
  grant_id text,
  user_code text,
  uid text,
  expires_at timestamptz,
  consumed_at timestamptz,
  PRIMARY KEY (id, type)
);
CREATE INDEX IF NOT EXISTS oidc_payloads_grant ON oidc_payloads (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS oidc_payloads_uid ON oidc_payloads (uid) WHERE uid IS NOT NULL;`

// inPostgres keeps entries in one table, with prepared statements.
export async function inPostgres(pool) {
  await pool.query(schema)
  const run = (name, text, values) => pool.query({ name, text, values })
  const read = ({ rows: [row] }) => row && { ...row.payload, ...(row.consumed_at ? { consumed: Math.floor(row.consumed_at / 1000) } : undefined) }
  const columns = `SELECT payload, consumed_at FROM oidc_payloads WHERE type = $2 AND (expires_at IS NULL OR expires_at > now()) AND`
  return class {
    constructor(model) {
      this.model = model
    }
    async upsert(id, payload, expiresIn) {
      await run('upsert', `INSERT INTO oidc_payloads (id, type, payload, grant_id, user_code, uid, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 second')
        ON CONFLICT (id, type) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id,
          user_code = excluded.user_code, uid = excluded.uid, expires_at = excluded.expires_at`,
      [id, this.model, payload, payload.grantId, payload.userCode, payload.uid, expiresIn ?? null])
    }
    async find(id) {
      return read(await run('find', `${columns} id = $1`, [id, this.model]))
    }
    async findByUid(uid) {
      return read(await run('find-by-uid', `${columns} uid = $1`, [uid, this.model]))
    }
    async findByUserCode(code) {
      return read(await run('find-by-user-code', `${columns} user_code = $1`, [code, this.model]))
    }
    async consume(id) {
      await run('consume', `UPDATE oidc_payloads SET consumed_at = now() WHERE id = $1 AND type = $2`, [id, this.model])
    }
    async destroy(id) {
      await run('destroy', `DELETE FROM oidc_payloads WHERE id = $1 AND type = $2`, [id, this.model])
    }
    async revokeByGrantId(grantId) {
      await run('revoke', `DELETE FROM oidc_payloads WHERE grant_id = $1`, [grantId])
    }
  }
}
