package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

const invitationColumns = `id, address, public_metadata, redirect_url, status, expires_at, created_at, updated_at`

// scanInvitation reads an invitation as it stands at now.
func scanInvitation(r row, now time.Time) (i store.Invitation, err error) {
	err = r.Scan(&i.ID, &i.Address, jsonField{&i.PublicMetadata}, &i.RedirectURL, &i.Status, at{&i.ExpiresAt}, at{&i.CreatedAt}, at{&i.UpdatedAt})
	if i.Status == store.TicketPending && !now.Before(i.ExpiresAt) {
		i.Status = store.TicketExpired
	}
	return i, err
}

// CreateInvitations implements store.Invitations. Of two at once for one address
// the unique index on pending_key lets one pass.
func (db *DB) CreateInvitations(ctx context.Context, all ...store.Invitation) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		told := make([]occurrence, len(all))
		for n, i := range all {
			if err := createInvitation(ctx, tx, i); err != nil {
				return nil, err
			}
			told[n] = aboutInvitation(store.InvitationCreated, i)
		}
		return told, nil
	})
	return wrapped("creating invitations", err)
}

func aboutInvitation(kind store.EventType, i store.Invitation) occurrence {
	return occurrence{kind: kind, objectID: i.ID, about: i}
}

func createInvitation(ctx context.Context, tx querier, i store.Invitation) error {
	pending := key(i.Address)
	if i.Beside {
		pending.Valid = false
	} else {
		_, err := tx.ExecContext(ctx, `UPDATE invitations SET pending_key = NULL WHERE pending_key = $1 AND expires_at <= $2`, pending, ms(i.CreatedAt))
		if err != nil {
			return err
		}
		if err := notInvited(ctx, tx, i); err != nil {
			return err
		}
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO invitations (`+invitationColumns+`, address_key, pending_key)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (pending_key) DO NOTHING`,
		i.ID, i.Address, object(i.PublicMetadata), i.RedirectURL, string(i.Status),
		ms(i.ExpiresAt), ms(i.CreatedAt), ms(i.UpdatedAt), key(i.Address), pending)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, &store.ExistsError{Field: "invitation"})
	}
	return nil
}

// notInvited checks that the address has neither a user nor an invitation that
// was made beside others.
func notInvited(ctx context.Context, tx querier, i store.Invitation) error {
	var users, invitations int
	err := tx.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM emails WHERE address_key = $1),
		(SELECT COUNT(*) FROM invitations WHERE address_key = $1 AND status = $2 AND expires_at > $3)`,
		key(i.Address), string(store.TicketPending), ms(i.CreatedAt)).Scan(&users, &invitations)
	switch {
	case err != nil:
		return err
	case users > 0:
		return &store.ExistsError{Field: "email_address"}
	case invitations > 0:
		return &store.ExistsError{Field: "invitation"}
	}
	return nil
}

// Invitation implements store.Invitations.
func (db *DB) Invitation(ctx context.Context, id string, now time.Time) (store.Invitation, error) {
	i, err := scanInvitation(db.read.QueryRowContext(ctx, `SELECT `+invitationColumns+` FROM invitations WHERE id = $1`, id), now)
	if err != nil {
		return store.Invitation{}, fmt.Errorf("reading an invitation: %w", db.missing(err))
	}
	return i, nil
}

var invitationOrders = map[store.InvitationOrder]string{
	store.InvitationsByCreation: "created_at",
	store.InvitationsByAddress:  "address_key",
	store.InvitationsByExpiry:   "expires_at",
}

// ListInvitations implements store.Invitations.
func (db *DB) ListInvitations(ctx context.Context, q store.InvitationQuery, now time.Time) ([]store.Invitation, int, error) {
	if !isText(q.Query) {
		return nil, 0, nil
	}
	where, args := invitationFilter(q, now)
	var total int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM invitations `+where, args...).Scan(&total); err != nil {
		return nil, 0, db.nothing(fmt.Errorf("counting invitations: %w", err))
	}
	order := orderBy(invitationOrders[q.OrderBy], "id", q.Descending)
	rows, err := db.read.QueryContext(ctx, `SELECT `+invitationColumns+` FROM invitations `+where+order+page(len(args)), append(args, q.Limit, q.Offset)...)
	if err != nil {
		return nil, 0, fmt.Errorf("listing invitations: %w", err)
	}
	defer rows.Close()
	found := []store.Invitation{}
	for rows.Next() {
		i, err := scanInvitation(rows, now)
		if err != nil {
			return nil, 0, fmt.Errorf("listing invitations: %w", err)
		}
		found = append(found, i)
	}
	return found, total, rows.Err()
}

// invitationFilter puts the statuses together; those that depend on the time are
// told by it.
func invitationFilter(q store.InvitationQuery, now time.Time) (where string, args []any) {
	place := func(value any) string {
		args = append(args, value)
		return fmt.Sprintf("$%d", len(args))
	}
	where = `WHERE 1 = 1`
	var any []string
	for _, status := range q.Statuses {
		switch status {
		case store.TicketPending:
			any = append(any, `status = `+place(string(store.TicketPending))+` AND expires_at > `+place(ms(now)))
		case store.TicketExpired:
			any = append(any, `status = `+place(string(store.TicketPending))+` AND expires_at <= `+place(ms(now)))
		default:
			any = append(any, `status = `+place(string(status)))
		}
	}
	if len(any) > 0 {
		where += ` AND (` + strings.Join(any, ` OR `) + `)`
	}
	if q.Query != "" {
		where += ` AND (address_key LIKE ` + place(contains(q.Query)) + ` ESCAPE '!' OR id = ` + place(q.Query) + `)`
	}
	return where, args
}

// RevokeInvitation implements store.Invitations.
func (db *DB) RevokeInvitation(ctx context.Context, id string, now time.Time) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		i, err := settle(ctx, tx, id, store.TicketRevoked, now)
		return []occurrence{aboutInvitation(store.InvitationRevoked, i)}, err
	})
	return db.settled(ctx, id, now, err)
}

// AcceptInvitation implements store.Invitations.
func (db *DB) AcceptInvitation(ctx context.Context, id string, u store.User, now time.Time) error {
	err := db.telling(ctx, db.engine.transaction, func(tx querier) ([]occurrence, error) {
		i, err := settle(ctx, tx, id, store.TicketAccepted, now)
		if err != nil {
			return nil, err
		}
		accepted, joined := aboutInvitation(store.InvitationAccepted, i), aboutUser(store.UserCreated, u)
		accepted.userID, accepted.by, joined.by = u.ID, ownBusiness(u.ID), ownBusiness(u.ID)
		return []occurrence{accepted, joined}, db.createUser(ctx, tx, u)
	})
	return db.settled(ctx, id, now, err)
}

// settle takes a pending invitation; that somebody else has is ErrNotFound.
func settle(ctx context.Context, tx querier, id string, status store.TicketStatus, now time.Time) (store.Invitation, error) {
	i, err := scanInvitation(tx.QueryRowContext(ctx, `UPDATE invitations SET status = $2, pending_key = $3, updated_at = $4
		WHERE id = $1 AND status = $5 AND expires_at > $4 RETURNING `+invitationColumns,
		id, string(status), sql.NullString{}, ms(now), string(store.TicketPending)), now)
	if errors.Is(err, sql.ErrNoRows) {
		err = store.ErrNotFound
	}
	return i, err
}

// settled says why an invitation could not be taken.
func (db *DB) settled(ctx context.Context, id string, now time.Time, err error) error {
	if !errors.Is(err, store.ErrNotFound) {
		return wrapped("settling an invitation", err)
	}
	if _, err := db.Invitation(ctx, id, now); err != nil {
		return err
	}
	return store.ErrConflict
}
