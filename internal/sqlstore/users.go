package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

const userColumns = `u.id, u.external_id, u.username, u.first_name, u.last_name, u.locale, u.image_url, u.password_digest, u.primary_email_id,
	u.public_metadata, u.private_metadata, u.unsafe_metadata, u.banned, u.locked, u.not_before, u.last_sign_in_at, u.last_active_at, u.created_at, u.updated_at,
	u.options, e.id, e.address, e.verified, e.reserved, e.created_at, e.proof`

const selectUser = `SELECT ` + userColumns + ` FROM users u LEFT JOIN emails e ON e.user_id = u.id `

// An emailRow is an address that a user may not have.
type emailRow struct {
	id, address sql.NullString
	verified    sql.NullBool
	reserved    sql.NullBool
	added       sql.NullInt64
	proof       sql.NullString
}

func (e *emailRow) addTo(u *store.User) {
	if e.id.Valid {
		u.Emails = append(u.Emails, store.Email{
			ID: e.id.String, Address: e.address.String, Verified: e.verified.Bool, Reserved: e.reserved.Bool, CreatedAt: fromMS(e.added.Int64),
			Proof: store.EmailProof(e.proof.String),
		})
	}
}

// userFields are where userColumns are read to.
func userFields(u *store.User, e *emailRow) []any {
	return []any{
		&u.ID,
		textOrNull{&u.ExternalID},
		&u.Username, &u.FirstName, &u.LastName, &u.Locale, &u.ImageURL, &u.PasswordDigest, &u.PrimaryEmailID,
		jsonField{&u.PublicMetadata},
		jsonField{&u.PrivateMetadata},
		jsonField{&u.UnsafeMetadata},
		&u.Banned,
		&u.Locked,
		at{&u.NotBefore},
		at{&u.LastSignInAt},
		at{&u.LastActiveAt},
		at{&u.CreatedAt},
		at{&u.UpdatedAt},
		optionsField{&u.UserOptions},
		&e.id, &e.address, &e.verified, &e.reserved, &e.added, &e.proof,
	}
}

// scanUsers reads users joined with their addresses; rows of one user follow one
// another. What stands before userColumns is read to first.
func scanUsers(rows *sql.Rows, first ...any) ([]store.User, error) {
	defer rows.Close()
	users := []store.User{}
	for rows.Next() {
		var u store.User
		var e emailRow
		if err := rows.Scan(append(first, userFields(&u, &e)...)...); err != nil {
			return nil, err
		}
		if len(users) == 0 || users[len(users)-1].ID != u.ID {
			users = append(users, u)
		}
		e.addTo(&users[len(users)-1])
	}
	return users, rows.Err()
}

// key is how addresses and names are compared; "" is kept as NULL, which is
// never taken.
func key(s string) sql.NullString {
	return sql.NullString{String: strings.ToLower(s), Valid: s != ""}
}

func object(m json.RawMessage) string {
	if len(m) == 0 {
		return "{}"
	}
	return string(m)
}

// CreateUser implements store.Users.
func (db *DB) CreateUser(ctx context.Context, u store.User) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		return []occurrence{aboutUser(store.UserCreated, u)}, db.createUser(ctx, tx, u)
	})
	return wrapped("creating a user", err)
}

// ownBusiness is a user who does something on their own.
func ownBusiness(userID string) store.Actor { return store.Actor{Kind: store.ByUser, ID: userID} }

func aboutUser(kind store.EventType, u store.User) occurrence {
	return occurrence{kind: kind, objectID: u.ID, userID: u.ID, about: u}
}

// userThen tells that a user has changed, as the user is now.
func userThen(ctx context.Context, tx querier, id string) ([]occurrence, error) {
	rows, err := tx.QueryContext(ctx, selectUser+`WHERE u.id = $1 ORDER BY e.position`, id)
	if err != nil {
		return nil, err
	}
	users, err := scanUsers(rows)
	if err != nil || len(users) == 0 {
		return nil, errors.Join(err, store.ErrNotFound)
	}
	return []occurrence{aboutUser(store.UserUpdated, users[0])}, nil
}

func (db *DB) createUser(ctx context.Context, tx querier, u store.User) error {
	result, err := tx.ExecContext(ctx, `INSERT INTO users (id, external_id, username, username_key, first_name, last_name, locale, image_url,
			password_digest, primary_email_id, public_metadata, private_metadata, unsafe_metadata,
			banned, not_before, last_sign_in_at, created_at, updated_at, locked, last_active_at, address_key, options)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) ON CONFLICT DO NOTHING`,
		u.ID, sql.NullString{String: u.ExternalID, Valid: u.ExternalID != ""}, u.Username, key(u.Username),
		u.FirstName, u.LastName, u.Locale, u.ImageURL, u.PasswordDigest, u.PrimaryEmailID,
		object(u.PublicMetadata), object(u.PrivateMetadata), object(u.UnsafeMetadata),
		u.Banned, ms(u.NotBefore), ms(u.LastSignInAt), ms(u.CreatedAt), ms(u.UpdatedAt),
		u.Locked, ms(u.LastActiveAt), primaryKey(u), formatUserOptions(u.UserOptions))
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, taken(ctx, tx, u))
	}
	if err := addEmails(ctx, tx, u); err != nil {
		return err
	}
	if err := db.addBeside(ctx, tx, u); err != nil {
		return err
	}
	if u.Identity != nil {
		err := addIdentity(ctx, tx, *u.Identity)
		if errors.Is(err, store.ErrConflict) {
			err = &store.ExistsError{Field: "identity"}
		}
		if err != nil {
			return err
		}
	}
	return recountUsers(ctx, tx, u.ID, 1)
}

// addBeside keeps what follows from a user.
func (db *DB) addBeside(ctx context.Context, tx querier, u store.User) error {
	if err := db.addTexts(ctx, tx, u); err != nil || u.Factors == nil {
		return err
	}
	return changeFactors(ctx, tx, u.ID, *u.Factors, u.UpdatedAt)
}

// taken says which value of u another user has.
func taken(ctx context.Context, tx querier, u store.User) error {
	var n int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM users WHERE username_key = $1`, key(u.Username)).Scan(&n)
	switch {
	case err != nil:
		return err
	case n > 0:
		return &store.ExistsError{Field: "username"}
	}
	return &store.ExistsError{Field: "external_id"}
}

func addEmails(ctx context.Context, tx querier, u store.User) error {
	for i, e := range u.Emails {
		result, err := tx.ExecContext(ctx, `INSERT INTO emails (id, user_id, position, address, address_key, verified, reserved, created_at, proof)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
			e.ID, u.ID, i, e.Address, key(e.Address), e.Verified, e.Reserved, ms(e.CreatedAt), string(e.Proof))
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, &store.ExistsError{Field: "email_address"})
		}
	}
	return nil
}

// UserByID implements store.Users.
func (db *DB) UserByID(ctx context.Context, id string) (store.User, error) {
	return db.user(ctx, `WHERE u.id = $1`, id)
}

// UserByIdentifier implements store.Users.
func (db *DB) UserByIdentifier(ctx context.Context, identifier string) (store.User, error) {
	return db.user(ctx, `WHERE u.id = (SELECT user_id FROM emails WHERE address_key = $1) OR u.username_key = $1`, strings.ToLower(identifier))
}

func (db *DB) user(ctx context.Context, where, key string) (store.User, error) {
	rows, err := db.read.QueryContext(ctx, selectUser+where+` ORDER BY u.id, e.position`, key)
	if err != nil {
		return store.User{}, fmt.Errorf("reading a user: %w", db.missing(err))
	}
	users, err := scanUsers(rows)
	switch {
	case err != nil:
		return store.User{}, fmt.Errorf("reading a user: %w", db.missing(err))
	case len(users) == 0:
		return store.User{}, store.ErrNotFound
	}
	return users[0], nil
}

// UpdateUser implements store.Users.
func (db *DB) UpdateUser(ctx context.Context, u store.User, was time.Time, signOut bool) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		if err := db.updateUser(ctx, tx, u, was); err != nil {
			return nil, err
		}
		told, err := userThen(ctx, tx, u.ID)
		if err != nil || !signOut {
			return told, err
		}
		ended, err := endSessions(ctx, tx, store.SessionEnded, `user_id = $1`, u.ID)
		return append(told, ended...), err
	})
	switch {
	case sqlState(err) == uniqueViolation: // another change has just taken a value
		return store.ErrConflict
	case !errors.Is(err, store.ErrNotFound):
		return wrapped("changing a user", err)
	}
	if _, err := db.UserByID(ctx, u.ID); err != nil {
		return err
	}
	return store.ErrConflict
}

func (db *DB) updateUser(ctx context.Context, tx querier, u store.User, was time.Time) error {
	if err := free(ctx, tx, u); err != nil {
		return err
	}
	err := execOne(ctx, tx, `UPDATE users SET external_id = $2, username = $3, username_key = $4, first_name = $5, last_name = $6,
			locale = $7, image_url = $8, password_digest = $9, primary_email_id = $10,
			public_metadata = $11, private_metadata = $12, unsafe_metadata = $13, created_at = $14, updated_at = $15,
			address_key = $17, options = $18
		WHERE id = $1 AND updated_at = $16`,
		u.ID, sql.NullString{String: u.ExternalID, Valid: u.ExternalID != ""}, u.Username, key(u.Username),
		u.FirstName, u.LastName, u.Locale, u.ImageURL, u.PasswordDigest, u.PrimaryEmailID,
		object(u.PublicMetadata), object(u.PrivateMetadata), object(u.UnsafeMetadata), ms(u.CreatedAt), ms(u.UpdatedAt), ms(was),
		primaryKey(u), formatUserOptions(u.UserOptions))
	if err != nil {
		return err
	}
	for _, table := range []string{"emails", "user_texts"} {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE user_id = $1`, u.ID); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE memberships SET user_created_at = $2 WHERE user_id = $1 AND user_created_at <> $2`, u.ID, ms(u.CreatedAt))
	if err != nil {
		return err
	}
	if err := addEmails(ctx, tx, u); err != nil {
		return err
	}
	return db.addBeside(ctx, tx, u)
}

// free says which value of u another user has. Two changes at once that pass here
// meet at the unique index.
func free(ctx context.Context, tx querier, u store.User) error {
	for _, x := range []struct {
		field, column string
		value         sql.NullString
	}{
		{"username", "username_key", key(u.Username)},
		{"external_id", "external_id", sql.NullString{String: u.ExternalID, Valid: u.ExternalID != ""}},
	} {
		var n int
		err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM users WHERE `+x.column+` = $1 AND id <> $2`, x.value, u.ID).Scan(&n)
		switch {
		case err != nil:
			return err
		case n > 0:
			return &store.ExistsError{Field: x.field}
		}
	}
	return nil
}

// RenewDigest implements store.Users.
func (db *DB) RenewDigest(ctx context.Context, id, was, digest string) error {
	err := db.execOne(ctx, `UPDATE users SET password_digest = $3 WHERE id = $1 AND password_digest = $2`, id, was, digest)
	if errors.Is(err, store.ErrNotFound) {
		return store.ErrConflict
	}
	return wrapped("renewing a digest", err)
}

// SetBanned implements store.Users. Sessions compare their start with the
// not-before time, so they end with the same write.
func (db *DB) SetBanned(ctx context.Context, id string, banned bool, now time.Time) error {
	notBefore := int64(0)
	if banned {
		notBefore = ms(now.Add(db.dialect.skew))
	}
	err := db.markUser(ctx, id, `banned = $2, updated_at = CASE WHEN updated_at >= $4 THEN updated_at + 1 ELSE $4 END,
		not_before = CASE WHEN not_before > $3 THEN not_before ELSE $3 END`, banned, notBefore, ms(now))
	return wrapped("banning or unbanning a user", err)
}

// markUser changes what an operator decides about a user.
func (db *DB) markUser(ctx context.Context, id, change string, args ...any) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		if err := execOne(ctx, tx, `UPDATE users SET `+change+` WHERE id = $1`, append([]any{id}, args...)...); err != nil {
			return nil, err
		}
		_, err := tx.ExecContext(ctx, `UPDATE user_texts SET banned = NOT banned
			WHERE user_id = $1 AND banned <> (SELECT u.banned FROM users u WHERE u.id = $1)`, id)
		if err != nil {
			return nil, err
		}
		return userThen(ctx, tx, id)
	})
	return db.missing(err)
}

// SetLocked implements store.Users.
func (db *DB) SetLocked(ctx context.Context, id string, locked bool, now time.Time) error {
	err := db.markUser(ctx, id, `locked = $2, updated_at = CASE WHEN updated_at >= $3 THEN updated_at + 1 ELSE $3 END`, locked, ms(now))
	return wrapped("locking or unlocking a user", err)
}

// TouchUser implements store.Users.
func (db *DB) TouchUser(ctx context.Context, id string, now time.Time) error {
	_, err := db.engine.exec(ctx, `UPDATE users SET last_active_at = $2 WHERE id = $1 AND last_active_at < $2`, id, ms(dayOf(now)))
	return wrapped("noting that a user was active", err)
}

// CutOffUser implements store.Users.
func (db *DB) CutOffUser(ctx context.Context, id string, at time.Time) (time.Time, error) {
	return db.cutOff(ctx, db.engine.transaction, "user", id, at)
}

// DeleteUser implements store.Users.
func (db *DB) DeleteUser(ctx context.Context, id string) error {
	return db.deleteUser(ctx, id, `DELETE FROM users WHERE id = $1`, id)
}

// DeleteUserAt implements store.Users.
func (db *DB) DeleteUserAt(ctx context.Context, id string, was time.Time) error {
	err := db.deleteUser(ctx, id, `DELETE FROM users WHERE id = $1 AND updated_at = $2`, id, ms(was))
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if _, err := db.UserByID(ctx, id); err != nil {
		return err
	}
	return store.ErrConflict
}

// deleteUser runs the statement that decides whether the user goes, and then
// removes the rest.
func (db *DB) deleteUser(ctx context.Context, id, statement string, args ...any) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		if err := execOne(ctx, tx, statement, args...); err != nil {
			return nil, err
		}
		for _, table := range []string{"emails", "user_texts", "sessions", "connections", "sign_in_tokens", "second_factors", "backup_codes", "passkeys", "identities", "operators"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE user_id = $1`, id); err != nil {
				return nil, err
			}
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM subject_keys WHERE subject = $1`, id); err != nil {
			return nil, err
		}
		if err := leaveAll(ctx, tx, id); err != nil {
			return nil, err
		}
		if err := recountUsers(ctx, tx, id, -1); err != nil {
			return nil, err
		}
		return []occurrence{{kind: store.UserDeleted, objectID: id, userID: id, about: store.Deleted{Object: "user", ID: id}}}, nil
	})
	return wrapped("deleting a user", db.missing(err))
}
