package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

const clientColumns = `application_id, client_id, name, public, require_pkce, ask_consent, dynamically_registered, device_grant,
	redirect_uris, scopes, secret_hash, client_uri, image_url, not_before, created_at, updated_at, revision, options`

// selectClient reads a client and the settings that give it its lifetimes.
const selectClient = `SELECT ` + clientColumns + `, (SELECT settings FROM instance) FROM clients `

func clientRow(c store.Client) ([]any, error) {
	uris, err := json.Marshal(append([]string{}, c.RedirectURIs...))
	if err != nil {
		return nil, err
	}
	options, err := formatOptions(c)
	if err != nil {
		return nil, err
	}
	return []any{
		c.ApplicationID, c.ID, c.Name, c.Public, c.RequirePKCE, c.AskConsent, c.DynamicallyRegistered, c.DeviceGrant,
		string(uris), c.Scopes.String(), c.SecretHash[:], c.ClientURI, c.ImageURL,
		ms(c.NotBefore), ms(c.CreatedAt), ms(c.UpdatedAt), c.Revision, options,
	}, nil
}

func scanClient(r row) (store.Client, error) {
	var c store.Client
	var uris, kept string
	var settings sql.NullString
	err := r.Scan(&c.ApplicationID, &c.ID, &c.Name, &c.Public, &c.RequirePKCE, &c.AskConsent, &c.DynamicallyRegistered, &c.DeviceGrant,
		&uris, scopesField{&c.Scopes}, idField{c.SecretHash[:]}, &c.ClientURI, &c.ImageURL,
		at{&c.NotBefore}, at{&c.CreatedAt}, at{&c.UpdatedAt}, &c.Revision, &kept, &settings)
	if err != nil {
		return store.Client{}, err
	}
	if err := json.Unmarshal([]byte(uris), &c.RedirectURIs); err != nil {
		return store.Client{}, fmt.Errorf("redirect URIs of %s: %w", c.ApplicationID, err)
	}
	var own options
	if err := json.Unmarshal([]byte(kept), &own); err != nil {
		return store.Client{}, fmt.Errorf("options of %s: %w", c.ApplicationID, err)
	}
	instance := store.Settings{Lifetimes: oauth.DefaultLifetimes()}
	if settings.Valid {
		if instance, err = parseSettings(settings.String); err != nil {
			return store.Client{}, err
		}
	}
	own.apply(&c, instance)
	return c, nil
}

// CreateClient implements store.Clients.
func (db *DB) CreateClient(ctx context.Context, c store.Client) error {
	c.Revision = 1
	values, err := clientRow(c)
	if err != nil {
		return fmt.Errorf("creating a client: %w", err)
	}
	err = db.telling(ctx, db.change, func(tx querier) ([]occurrence, error) {
		_, err := tx.ExecContext(ctx, `INSERT INTO clients (`+clientColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`, values...)
		return []occurrence{aboutClient(store.ApplicationCreated, c)}, err
	})
	return wrapped("creating a client", err)
}

func aboutClient(kind store.EventType, c store.Client) occurrence {
	return occurrence{kind: kind, objectID: c.ApplicationID, clientID: c.ID, about: c}
}

// AdmitClient implements store.Clients.
func (db *DB) AdmitClient(ctx context.Context, c store.Client) error {
	c.Revision = 1
	values, err := clientRow(c)
	if err != nil {
		return fmt.Errorf("admitting a client: %w", err)
	}
	err = db.telling(ctx, db.change, func(tx querier) ([]occurrence, error) {
		var deleted bool
		err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM deleted_clients WHERE client_id = $1)`, c.ID).Scan(&deleted)
		switch {
		case err != nil:
			return nil, err
		case deleted:
			return nil, store.ErrNotFound
		}
		result, err := tx.ExecContext(ctx, `INSERT INTO clients (`+clientColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
			ON CONFLICT (client_id) DO NOTHING`, values...)
		if err != nil {
			return nil, err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return nil, err
		}
		admitted := aboutClient(store.ApplicationCreated, c)
		admitted.by = store.Actor{Kind: store.ByClient, ID: c.ID}
		return []occurrence{admitted}, nil
	})
	return wrapped("admitting a client", err)
}

// ClientDeleted implements store.Clients.
func (db *DB) ClientDeleted(ctx context.Context, clientID string) (deleted bool, err error) {
	err = db.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM deleted_clients WHERE client_id = $1)`, clientID).Scan(&deleted)
	if err != nil {
		return false, db.nothing(fmt.Errorf("looking for a deleted client: %w", err))
	}
	return deleted, nil
}

// ClientByID implements store.Clients.
func (db *DB) ClientByID(ctx context.Context, id string) (store.Client, error) {
	return db.client(ctx, selectClient+`WHERE application_id = $1`, id)
}

// ClientByClientID implements store.Clients.
func (db *DB) ClientByClientID(ctx context.Context, clientID string) (store.Client, error) {
	return db.client(ctx, selectClient+`WHERE client_id = $1`, clientID)
}

func (db *DB) client(ctx context.Context, query, key string) (store.Client, error) {
	c, err := scanClient(db.read.QueryRowContext(ctx, query, key))
	if err != nil {
		return store.Client{}, fmt.Errorf("reading a client: %w", db.missing(err))
	}
	return c, nil
}

var clientOrders = map[store.ClientOrder]string{
	store.ClientsByCreation: "created_at",
	store.ClientsByName:     "lower(name)",
}

// ListClients implements store.Clients.
func (db *DB) ListClients(ctx context.Context, q store.ClientQuery) ([]store.Client, int, error) {
	where, args := `WHERE 1 = 1`, []any{}
	if !isText(q.NameQuery) {
		return nil, 0, nil
	}
	if q.NameQuery != "" {
		where += ` AND (lower(name) LIKE $1 ESCAPE '!' OR client_id = $2)`
		args = append(args, contains(q.NameQuery), q.NameQuery)
	}
	if q.DynamicallyRegistered != nil {
		args = append(args, *q.DynamicallyRegistered)
		where += fmt.Sprintf(` AND dynamically_registered = $%d`, len(args))
	}
	var total int
	err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM clients `+where, args...).Scan(&total)
	if err != nil {
		return nil, 0, db.nothing(fmt.Errorf("counting clients: %w", err))
	}
	order := orderBy(clientOrders[q.OrderBy], "application_id", q.Descending)
	rows, err := db.read.QueryContext(ctx, selectClient+where+order+page(len(args)), append(args, q.Limit, q.Offset)...)
	if err != nil {
		return nil, 0, fmt.Errorf("listing clients: %w", err)
	}
	defer rows.Close()
	clients := []store.Client{}
	for rows.Next() {
		c, err := scanClient(rows)
		if err != nil {
			return nil, 0, fmt.Errorf("listing clients: %w", err)
		}
		clients = append(clients, c)
	}
	return clients, total, rows.Err()
}

// UpdateClient implements store.Clients.
func (db *DB) UpdateClient(ctx context.Context, c store.Client) error {
	values, err := clientRow(c)
	if err != nil {
		return fmt.Errorf("updating a client: %w", err)
	}
	err = db.telling(ctx, db.change, func(tx querier) ([]occurrence, error) {
		kind, err := changeOf(ctx, tx, c)
		if err != nil {
			return nil, err
		}
		return []occurrence{aboutClient(kind, c)}, execOne(ctx, tx, `UPDATE clients SET client_id = $2, name = $3, public = $4, require_pkce = $5, ask_consent = $6,
			dynamically_registered = $7, device_grant = $8, redirect_uris = $9, scopes = $10, secret_hash = $11,
			client_uri = $12, image_url = $13,
			not_before = CASE WHEN not_before > $14 THEN not_before ELSE $14 END, created_at = $15, updated_at = $16, revision = $17 + 1, options = $18
		WHERE application_id = $1 AND revision = $17`, values...)
	})
	if !errors.Is(err, store.ErrNotFound) {
		return wrapped("updating a client", err)
	}
	if _, err := db.ClientByID(ctx, c.ApplicationID); err != nil {
		return err
	}
	return store.ErrConflict
}

// changeOf says what is about to happen to a client: whoever gets a new secret has an
// event of its own. That nothing comes between is for the update to decide.
func changeOf(ctx context.Context, tx querier, c store.Client) (store.EventType, error) {
	var was store.Hash
	err := tx.QueryRowContext(ctx, `SELECT secret_hash FROM clients WHERE application_id = $1 AND revision = $2`, c.ApplicationID, c.Revision).Scan(idField{was[:]})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", store.ErrNotFound
	case err != nil:
		return "", err
	case was != c.SecretHash:
		return store.SecretRotated, nil
	}
	return store.ApplicationUpdated, nil
}

// CutOffClient implements store.Clients.
func (db *DB) CutOffClient(ctx context.Context, id string, at time.Time) (time.Time, error) {
	return db.cutOff(ctx, db.change, "oauth_application", id, at)
}

// DeleteClient implements store.Clients.
func (db *DB) DeleteClient(ctx context.Context, id string) error {
	return db.deleteClient(ctx, `application_id = $1`, id)
}

// DeleteClientAt implements store.Clients.
func (db *DB) DeleteClientAt(ctx context.Context, id string, revision int64) error {
	err := db.deleteClient(ctx, `application_id = $1 AND revision = $2`, id, revision)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if _, err := db.ClientByID(ctx, id); err != nil {
		return err
	}
	return store.ErrConflict
}

// deleteClient removes the client that the condition selects. It goes first, since
// what else is removed depends on it.
func (db *DB) deleteClient(ctx context.Context, condition string, args ...any) error {
	err := db.telling(ctx, db.change, func(tx querier) ([]occurrence, error) {
		var id, clientID string
		var registered bool
		err := tx.QueryRowContext(ctx, `SELECT application_id, client_id, dynamically_registered FROM clients WHERE `+condition, args...).Scan(&id, &clientID, &registered)
		if err != nil {
			return nil, err
		}
		if err := execOne(ctx, tx, `DELETE FROM clients WHERE `+condition, args...); err != nil {
			return nil, err
		}
		if registered {
			_, err := tx.ExecContext(ctx, `INSERT INTO deleted_clients (client_id) VALUES ($1) ON CONFLICT (client_id) DO NOTHING`, clientID)
			if err != nil {
				return nil, err
			}
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM connections WHERE client_id = $1`, clientID)
		gone := store.Deleted{Object: "oauth_application", ID: id}
		return []occurrence{{kind: store.ApplicationDeleted, objectID: id, clientID: clientID, about: gone}}, err
	})
	return wrapped("deleting a client", db.missing(err))
}

// isText reports whether a row can hold s. LIKE in SQLite stops at a NUL, so a
// search for one would find everything.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// contains is a LIKE pattern, with '!' as its escape, for text that has part
// somewhere in it; the other side is compared in lower case.
func contains(part string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(part)) + "%"
}

func orderBy(column, tie string, descending bool) string {
	direction := ""
	if descending {
		direction = " DESC"
	}
	return " ORDER BY " + column + direction + ", " + tie + direction
}

// page cuts the answer to the two parameters that follow the first n.
func page(n int) string { return fmt.Sprintf(" LIMIT $%d OFFSET $%d", n+1, n+2) }

// nothing turns a search for text that no row can hold into an empty answer.
func (db *DB) nothing(err error) error {
	if db.dialect.noSuchText(err) {
		return nil
	}
	return err
}
