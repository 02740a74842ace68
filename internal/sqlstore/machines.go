package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

const machineColumns = `id, name, default_ttl, secret, sealed_secret, old_secret, old_until, created_at, updated_at`

// machineFields are where a row of machineColumns goes; ttl and old are put in their
// places by read.
type machineFields struct {
	store.Machine
	ttl int64
	old []byte
}

func (f *machineFields) into() []any {
	return []any{
		&f.ID, &f.Name, &f.ttl, idField{f.Key[:]}, &f.SealedKey, &f.old, at{&f.OldKey.Until}, at{&f.CreatedAt}, at{&f.UpdatedAt},
	}
}

func (f *machineFields) read() store.Machine {
	f.DefaultTTL = time.Duration(f.ttl) * time.Second
	copy(f.OldKey.Hash[:], f.old)
	return f.Machine
}

func scanMachine(r row) (store.Machine, error) {
	var f machineFields
	err := r.Scan(f.into()...)
	return f.read(), err
}

// hashOrNull is a hash as it is kept where there may be none.
func hashOrNull(h store.Hash) []byte {
	if h == (store.Hash{}) {
		return nil
	}
	return h[:]
}

// CreateMachine implements store.Machines.
func (db *DB) CreateMachine(ctx context.Context, m store.Machine, scopes ...string) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		_, err := tx.ExecContext(ctx, `INSERT INTO machines (`+machineColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			m.ID, m.Name, int64(m.DefaultTTL/time.Second), m.Key[:], m.SealedKey, hashOrNull(m.OldKey.Hash), ms(m.OldKey.Until),
			ms(m.CreatedAt), ms(m.UpdatedAt))
		if err != nil {
			return nil, err
		}
		told := []occurrence{aboutMachine(store.MachineCreated, m)}
		for _, to := range scopes {
			added, err := addScope(ctx, tx, store.MachineScope{From: m.ID, To: to, CreatedAt: m.CreatedAt})
			if err != nil {
				return nil, err
			}
			told = append(told, added...)
		}
		return told, nil
	})
	return wrapped("creating a machine", db.missing(err))
}

// aboutMachine tells of a machine, without its keys.
func aboutMachine(kind store.EventType, m store.Machine) occurrence {
	m.Key, m.SealedKey, m.OldKey = store.Hash{}, nil, oauth.OldSecret{}
	return occurrence{kind: kind, objectID: m.ID, clientID: m.ID, about: m}
}

// Machine implements store.Machines.
func (db *DB) Machine(ctx context.Context, id string) (store.Machine, error) {
	m, err := scanMachine(db.read.QueryRowContext(ctx, `SELECT `+machineColumns+` FROM machines WHERE id = $1`, id))
	if err != nil {
		return store.Machine{}, fmt.Errorf("reading a machine: %w", db.missing(err))
	}
	return m, nil
}

// MachineByKey implements store.Machines.
func (db *DB) MachineByKey(ctx context.Context, key store.Hash, now time.Time) (store.Machine, error) {
	m, err := scanMachine(db.read.QueryRowContext(ctx, `SELECT `+machineColumns+` FROM machines
		WHERE secret = $1 OR old_secret = $1 AND old_until > $2`, key[:], ms(now)))
	if err != nil {
		return store.Machine{}, fmt.Errorf("finding the machine of a key: %w", db.missing(err))
	}
	return m, nil
}

var machineOrders = map[store.MachineOrder]string{
	store.MachinesByCreation: "created_at",
	store.MachinesByName:     "lower(name)",
}

// ListMachines implements store.Machines.
func (db *DB) ListMachines(ctx context.Context, q store.MachineQuery) ([]store.Machine, int, error) {
	if !isText(q.Query) {
		return nil, 0, nil
	}
	where, args := ``, []any{}
	if q.Query != "" {
		where, args = `WHERE lower(name) LIKE $1 ESCAPE '!' OR id = $2`, []any{contains(q.Query), q.Query}
	}
	machines, total, err := paged(ctx, db, scanMachine, machineColumns, ` FROM machines `+where, orderBy(machineOrders[q.OrderBy], "id", q.Descending), q.Limit, q.Offset, args)
	return machines, total, wrapped("listing machines", db.nothing(err))
}

// ChangeMachine implements store.Machines.
func (db *DB) ChangeMachine(ctx context.Context, id string, c store.MachineChange, now time.Time) (m store.Machine, err error) {
	var ttl *int64
	if c.DefaultTTL != nil {
		ttl = new(int64(*c.DefaultTTL / time.Second))
	}
	err = db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		m, err = scanMachine(tx.QueryRowContext(ctx, `UPDATE machines SET name = COALESCE($2, name), default_ttl = COALESCE($3, default_ttl), `+touched("$4")+`
			WHERE id = $1 RETURNING `+machineColumns, id, c.Name, ttl, ms(now)))
		return []occurrence{aboutMachine(store.MachineUpdated, m)}, err
	})
	return m, wrapped("changing a machine", db.missing(err))
}

// touched moves updated_at on: to the time given, or by a millisecond if the clock
// has not got there.
func touched(now string) string {
	return `updated_at = CASE WHEN updated_at >= ` + now + ` THEN updated_at + 1 ELSE ` + now + ` END`
}

// RotateMachineKey implements store.Machines.
func (db *DB) RotateMachineKey(ctx context.Context, m store.Machine, was store.Hash) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		kept, err := scanMachine(tx.QueryRowContext(ctx, `UPDATE machines SET secret = $3, sealed_secret = $4, old_secret = $5, old_until = $6, `+touched("$7")+`
			WHERE id = $1 AND secret = $2 RETURNING `+machineColumns,
			m.ID, was[:], m.Key[:], m.SealedKey, hashOrNull(m.OldKey.Hash), ms(m.OldKey.Until), ms(m.UpdatedAt)))
		return []occurrence{aboutMachine(store.MachineSecretRotated, kept)}, err
	})
	if err = db.missing(err); !errors.Is(err, store.ErrNotFound) {
		return wrapped("rotating the key of a machine", err)
	}
	if _, err := db.Machine(ctx, m.ID); err != nil {
		return err
	}
	return store.ErrConflict
}

// DeleteMachine implements store.Machines. Its tokens stay until they expire, since
// there may be many: they are read together with their machine.
func (db *DB) DeleteMachine(ctx context.Context, id string) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		if err := execOne(ctx, tx, `DELETE FROM machines WHERE id = $1`, id); err != nil {
			return nil, err
		}
		for _, statement := range []string{
			`DELETE FROM machine_scopes WHERE from_id = $1`,
			`DELETE FROM machine_scopes WHERE to_id = $1`,
			`DELETE FROM subject_keys WHERE subject = $1`,
		} {
			if _, err := tx.ExecContext(ctx, statement, id); err != nil {
				return nil, err
			}
		}
		gone := store.Deleted{Object: "machine", ID: id}
		return []occurrence{{kind: store.MachineDeleted, objectID: id, clientID: id, about: gone}}, nil
	})
	return wrapped("deleting a machine", db.missing(err))
}

// addScope saves a scope, and tells it; both machines have to exist.
func addScope(ctx context.Context, tx querier, s store.MachineScope) ([]occurrence, error) {
	told := occurrence{kind: store.MachineScopeCreated, objectID: s.To, clientID: s.From, about: s}
	return []occurrence{told}, execOne(ctx, tx, `INSERT INTO machine_scopes (from_id, to_id, created_at)
		SELECT $1, m.id, $3 FROM machines m WHERE m.id = $2`, s.From, s.To, ms(s.CreatedAt))
}

// AddMachineScope implements store.MachineScopes. The row of the machine is written
// first, so that those who add scopes to it take turns and count what is there.
func (db *DB) AddMachineScope(ctx context.Context, s store.MachineScope, most int) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		if err := execOne(ctx, tx, `UPDATE machines SET `+touched("$2")+` WHERE id = $1`, s.From, ms(s.CreatedAt)); err != nil {
			return nil, err
		}
		var all, same int
		err := tx.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(CASE WHEN to_id = $2 THEN 1 END) FROM machine_scopes WHERE from_id = $1`, s.From, s.To).Scan(&all, &same)
		switch {
		case err != nil:
			return nil, err
		case same > 0:
			return nil, store.ErrConflict
		case all >= most:
			return nil, store.ErrTooMany
		}
		return addScope(ctx, tx, s)
	})
	return wrapped("adding a scope of a machine", db.missing(err))
}

// RemoveMachineScope implements store.MachineScopes.
func (db *DB) RemoveMachineScope(ctx context.Context, from, to string) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		told := occurrence{kind: store.MachineScopeDeleted, objectID: to, clientID: from, about: store.ScopeTakenBack{From: from, To: to}}
		return []occurrence{told}, execOne(ctx, tx, `DELETE FROM machine_scopes WHERE from_id = $1 AND to_id = $2`, from, to)
	})
	return wrapped("removing a scope of a machine", db.missing(err))
}

// ScopedMachines implements store.MachineScopes.
func (db *DB) ScopedMachines(ctx context.Context, ids ...string) (map[string][]store.Machine, error) {
	all := map[string][]store.Machine{}
	if len(ids) == 0 {
		return all, nil
	}
	places, args := placesOf(ids)
	rows, err := db.read.QueryContext(ctx, `SELECT s.from_id, `+qualified("m", machineColumns)+` FROM machine_scopes s JOIN machines m ON m.id = s.to_id
		WHERE s.from_id IN (`+places+`) ORDER BY lower(m.name), m.id`, args...)
	if err != nil {
		return nil, db.nothing(fmt.Errorf("reading scoped machines: %w", err))
	}
	defer rows.Close()
	for rows.Next() {
		var from string
		var f machineFields
		if err := rows.Scan(append([]any{&from}, f.into()...)...); err != nil {
			return nil, fmt.Errorf("reading scoped machines: %w", err)
		}
		all[from] = append(all[from], f.read())
	}
	return all, rows.Err()
}

// MachineScopes implements store.MachineScopes.
func (db *DB) MachineScopes(ctx context.Context, id string) ([]store.MachineScope, time.Time, error) {
	scopes, notBefore, err := machineScopes(ctx, db.read, id)
	return scopes, notBefore, wrapped("reading the scopes of a machine", db.missing(err))
}

func machineScopes(ctx context.Context, q querier, id string) (scopes []store.MachineScope, notBefore time.Time, err error) {
	rows, err := q.QueryContext(ctx, `SELECT i.not_before, COALESCE(s.to_id, ''), COALESCE(s.created_at, 0)
		FROM instance i JOIN machines m ON m.id = $1 LEFT JOIN machine_scopes s ON s.from_id = m.id
			AND EXISTS (SELECT 1 FROM machines o WHERE o.id = s.to_id) -- it may go while a scope to it comes
		ORDER BY s.to_id`, id)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer rows.Close()
	exists := false
	for rows.Next() {
		exists = true
		s := store.MachineScope{From: id}
		if err := rows.Scan(at{&notBefore}, &s.To, at{&s.CreatedAt}); err != nil {
			return nil, time.Time{}, err
		}
		if s.To != "" {
			scopes = append(scopes, s)
		}
	}
	if err := rows.Err(); err != nil || !exists {
		return nil, time.Time{}, errors.Join(err, store.ErrNotFound)
	}
	return scopes, notBefore, nil
}
