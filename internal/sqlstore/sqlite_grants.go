package sqlstore

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

const redeem = `INSERT INTO grants (` + grantColumns + `, organization_id)
	SELECT $1, g.client_id, g.user_id, $4, $5, $6, g.authorized_at, $8, $9, $10, 0, '', $11, $12
	FROM (SELECT CAST($2 AS TEXT) AS client_id, CAST($3 AS TEXT) AS user_id, CAST($7 AS BIGINT) AS authorized_at) AS g
	WHERE ` + alive + `
	ON CONFLICT (id) DO NOTHING`

// What is returned is known by the table's own name only.
var rotate = `UPDATE grants AS g SET
		generation = generation + $6,
		rotated_at = $4,
		expires_at = CASE WHEN ends_at < $5 THEN ends_at ELSE $5 END
	WHERE g.id = $1 AND g.client_id = $2 AND g.generation = $3 AND g.revoked_at = 0 AND g.expires_at > $4 AND ` + alive + `
	RETURNING ` + grantColumns + `, ` + chosen("grants")

var readGrant = `SELECT ` + ofGrant + `, ` + alive + ` FROM grants g WHERE g.id = $1`

var readGrantWithUser = `SELECT ` + ofGrant + `, ` + alive + `, ` + userColumns + `
	FROM grants g JOIN users u ON u.id = g.user_id LEFT JOIN emails e ON e.user_id = u.id
	WHERE g.id = $1 ORDER BY e.position`

// A grantWriter has the statements that write grants, on the writer's connection.
type grantWriter struct{ redeeming, rotating *sqlite3.Stmt }

func (w *grantWriter) redeem(r *grantRow) (saved bool, err error) {
	s := w.redeeming
	b := binder{stmt: s}
	b.bytes(r.id[:])
	b.text(r.clientID)
	b.text(r.userID)
	b.text(r.sessionID)
	b.text(r.scopes)
	b.number(r.generation)
	b.number(r.authorizedAt)
	b.number(r.rotatedAt)
	b.number(r.expiresAt)
	b.number(r.endsAt)
	b.text(r.details)
	b.text(r.organization)
	if b.err != nil {
		return false, b.err
	}
	if err := step(s); err != nil {
		return false, err
	}
	return s.Conn().Changes() == 1, nil
}

func (w *grantWriter) rotate(r store.Rotation) (row grantRow, rotated bool, err error) {
	s := w.rotating
	b := binder{stmt: s}
	b.bytes(r.ID[:])
	b.text(r.ClientID)
	b.number(int64(r.Generation))
	b.number(ms(r.Now))
	b.number(ms(r.ExpiresAt))
	b.number(steps(r))
	if b.err != nil {
		return row, false, b.err
	}
	for s.Step() { // to the end, where the update is complete
		rotated = true
		readColumns(s, &row)
	}
	if err := s.Err(); err != nil {
		s.Reset()
		return row, false, err
	}
	return row, rotated, s.Reset()
}

// A grantReader reads grants over a connection of its own.
type grantReader struct {
	conn              *sqlite3.Conn
	reading, withUser *sqlite3.Stmt
	begin, end        *sqlite3.Stmt
}

func openGrantReader(name string) (*grantReader, error) {
	conn, err := sqlite3.Open(name)
	if err != nil {
		return nil, err
	}
	r := &grantReader{conn: conn}
	err = prepare(conn, map[**sqlite3.Stmt]string{
		&r.reading: readGrant, &r.withUser: readGrantWithUser, &r.begin: `BEGIN`, &r.end: `COMMIT`,
	})
	if err != nil {
		return nil, errors.Join(err, closeAll(conn))
	}
	return r, nil
}

// together does n reads in one transaction.
func (r *grantReader) together(n int, read func(int)) error {
	if n == 1 {
		read(0)
		return nil
	}
	if err := step(r.begin); err != nil {
		return err
	}
	for i := range n {
		read(i)
	}
	return step(r.end)
}

func (r *grantReader) grant(id oauth.GrantID) (row grantRow, err error) {
	s := r.reading
	if err := s.BindBlob(1, id[:]); err != nil {
		return row, err
	}
	found := s.Step()
	if found {
		readColumns(s, &row)
		row.alive = s.ColumnBool(grantWidth)
	}
	return row, finish(s, found)
}

func (r *grantReader) grantWithUser(id oauth.GrantID) (both grantAndUser, err error) {
	s, row, user := r.withUser, &both.grantRow, &both.User
	if err := s.BindBlob(1, id[:]); err != nil {
		return both, err
	}
	found := false
	for s.Step() {
		if !found {
			found = true
			readColumns(s, row)
			row.alive = s.ColumnBool(grantWidth)
			err = readUser(s, grantWidth+1, user)
		}
		if e := grantWidth + 1 + userWidth; s.ColumnType(e) != sqlite3.NULL {
			user.Emails = append(user.Emails, store.Email{
				ID: s.ColumnText(e), Address: s.ColumnText(e + 1), Verified: s.ColumnBool(e + 2),
				Reserved: s.ColumnBool(e + 3), CreatedAt: fromMS(s.ColumnInt64(e + 4)),
			})
		}
	}
	return both, errors.Join(err, finish(s, found))
}

// A grantAndUser is what user info needs.
type grantAndUser struct {
	grantRow
	store.User
}

// finish ends a statement that has read what it could.
func finish(s *sqlite3.Stmt, found bool) error {
	if err := s.Err(); err != nil {
		s.Reset()
		return err
	}
	if err := s.Reset(); err != nil {
		return err
	}
	if !found {
		return store.ErrNotFound
	}
	return nil
}

// How many columns ofGrant has, and userColumns before those of the address.
const (
	grantWidth = 14
	userWidth  = 20
)

// readColumns reads ofGrant from the first column on.
func readColumns(s *sqlite3.Stmt, r *grantRow) {
	copy(r.id[:], s.ColumnRawBlob(0))
	r.clientID, r.userID, r.sessionID, r.scopes = s.ColumnText(1), s.ColumnText(2), s.ColumnText(3), s.ColumnText(4)
	r.generation = s.ColumnInt64(5)
	r.authorizedAt, r.rotatedAt = s.ColumnInt64(6), s.ColumnInt64(7)
	r.expiresAt, r.endsAt, r.revokedAt = s.ColumnInt64(8), s.ColumnInt64(9), s.ColumnInt64(10)
	r.revoked, r.details, r.organization = s.ColumnText(11), s.ColumnText(12), s.ColumnText(13)
}

// readUser reads the part of userColumns that is the user's own.
func readUser(s *sqlite3.Stmt, from int, u *store.User) error {
	text := func(i int) string { return s.ColumnText(from + i) }
	object := func(i int) json.RawMessage { return json.RawMessage(s.ColumnBlob(from+i, nil)) }
	u.ID, u.ExternalID, u.Username, u.FirstName, u.LastName = text(0), text(1), text(2), text(3), text(4)
	u.Locale, u.ImageURL, u.PasswordDigest, u.PrimaryEmailID = text(5), text(6), text(7), text(8)
	u.PublicMetadata, u.PrivateMetadata, u.UnsafeMetadata = object(9), object(10), object(11)
	u.Banned, u.Locked = s.ColumnBool(from+12), s.ColumnBool(from+13)
	u.NotBefore, u.LastSignInAt, u.LastActiveAt = fromMS(s.ColumnInt64(from+14)), fromMS(s.ColumnInt64(from+15)), fromMS(s.ColumnInt64(from+16))
	u.CreatedAt, u.UpdatedAt = fromMS(s.ColumnInt64(from+17)), fromMS(s.ColumnInt64(from+18))
	return optionsField{&u.UserOptions}.Scan(text(19))
}

// A binder sets the parameters of a statement one after the other. After the
// first mistake it does nothing.
type binder struct {
	stmt *sqlite3.Stmt
	n    int
	err  error
}

func (b *binder) bytes(v []byte) { b.bind(func(n int) error { return b.stmt.BindBlob(n, v) }) }
func (b *binder) text(v string)  { b.bind(func(n int) error { return b.stmt.BindText(n, v) }) }
func (b *binder) number(v int64) { b.bind(func(n int) error { return b.stmt.BindInt64(n, v) }) }

func (b *binder) bind(set func(int) error) {
	b.n++
	if b.err != nil {
		return
	}
	if err := set(b.n); err != nil {
		b.err = fmt.Errorf("parameter %d: %w", b.n, err)
	}
}
