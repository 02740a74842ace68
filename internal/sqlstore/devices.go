package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// pollStep is how much longer a device that asks too often has to wait.
const pollStep = 5 * time.Second

const deviceColumns = `device_code, user_code, client_id, scopes, nonce, resources, status,
	grant_id, user_id, session_id, auth_time, authorized_at, poll_interval, expires_at, methods, organization_id`

// CreateDeviceRequest implements store.Devices.
func (db *DB) CreateDeviceRequest(ctx context.Context, d store.DeviceRequest) error {
	resources, err := json.Marshal(d.Resources)
	if err != nil {
		return fmt.Errorf("saving a device request: %w", err)
	}
	n, err := db.engine.exec(ctx, `INSERT INTO device_requests (`+deviceColumns+`, polled_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', 0, 0, $9, $10, '', '', 0) ON CONFLICT (user_code) DO NOTHING`,
		d.DeviceCode[:], d.UserCode, d.ClientID, d.Scopes.String(), d.Nonce, string(resources), string(store.DevicePending),
		d.GrantID[:], d.Interval.Milliseconds(), ms(d.ExpiresAt))
	switch {
	case err != nil:
		return fmt.Errorf("saving a device request: %w", err)
	case n == 0:
		return store.ErrConflict
	}
	return nil
}

func scanDevice(r row, more ...any) (d store.DeviceRequest, err error) {
	var resources string
	var interval int64
	err = r.Scan(append([]any{
		idField{d.DeviceCode[:]},
		&d.UserCode, &d.ClientID,
		scopesField{&d.Scopes},
		&d.Nonce, &resources, &d.Status,
		idField{d.GrantID[:]},
		&d.UserID, &d.SessionID,
		at{&d.AuthTime},
		at{&d.AuthorizedAt},
		&interval,
		at{&d.ExpiresAt},
		wordsField{&d.Methods},
		&d.OrganizationID,
	}, more...)...)
	if err == nil {
		err = json.Unmarshal([]byte(resources), &d.Resources)
	}
	d.Interval = time.Duration(interval) * time.Millisecond
	return d, err
}

// DeviceRequest implements store.Devices.
func (db *DB) DeviceRequest(ctx context.Context, userCode string, now time.Time) (store.DeviceRequest, error) {
	d, err := scanDevice(db.read.QueryRowContext(ctx, `SELECT `+deviceColumns+` FROM device_requests
		WHERE user_code = $1 AND expires_at > $2`, userCode, ms(now)))
	if err != nil {
		return store.DeviceRequest{}, fmt.Errorf("reading a device request: %w", db.missing(err))
	}
	return d, nil
}

// DecideDeviceRequest implements store.Devices.
func (db *DB) DecideDeviceRequest(ctx context.Context, d store.DeviceRequest) error {
	err := db.execOne(ctx, `UPDATE device_requests SET status = $2, grant_id = $3, user_id = $4, session_id = $5, auth_time = $6, authorized_at = $7, methods = $9, organization_id = $10
		WHERE user_code = $1 AND status = $8`,
		d.UserCode, string(d.Status), d.GrantID[:], d.UserID, d.SessionID, ms(d.AuthTime), ms(d.AuthorizedAt), string(store.DevicePending),
		strings.Join(d.Methods, " "), d.OrganizationID)
	if !errors.Is(err, store.ErrNotFound) {
		return wrapped("deciding about a device", err)
	}
	if _, err := db.DeviceRequest(ctx, d.UserCode, time.Time{}); err != nil {
		return err
	}
	return store.ErrConflict
}

// PollDeviceRequest implements store.Devices. It reads and then writes: two polls
// at once may both be told to wait, or neither.
func (db *DB) PollDeviceRequest(ctx context.Context, deviceCode store.Hash, clientID string, now time.Time) (store.DeviceRequest, bool, error) {
	var polled int64
	d, err := scanDevice(db.read.QueryRowContext(ctx, `SELECT `+deviceColumns+`, polled_at FROM device_requests
		WHERE device_code = $1 AND client_id = $2`, deviceCode[:], clientID), &polled)
	if err != nil {
		return store.DeviceRequest{}, false, fmt.Errorf("reading a device request: %w", db.missing(err))
	}
	if d.Status != store.DevicePending {
		return d, false, nil
	}
	tooSoon := polled != 0 && ms(now) < polled+d.Interval.Milliseconds()
	if tooSoon {
		d.Interval += pollStep
	}
	_, err = db.engine.exec(ctx, `UPDATE device_requests SET polled_at = $2, poll_interval = $3 WHERE device_code = $1`,
		deviceCode[:], ms(now), d.Interval.Milliseconds())
	if err != nil {
		return store.DeviceRequest{}, false, fmt.Errorf("noting the poll of a device: %w", err)
	}
	return d, tooSoon, nil
}

// DeleteExpiredDeviceRequests implements store.Devices.
func (db *DB) DeleteExpiredDeviceRequests(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := db.engine.exec(ctx, `DELETE FROM device_requests WHERE device_code IN (
		SELECT device_code FROM device_requests WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, ms(before), limit)
	return int(n), wrapped("deleting expired device requests", err)
}

// ClientTokenLive implements store.ClientTokens.
func (db *DB) ClientTokenLive(ctx context.Context, t oauth.AccessToken) (left oauth.Scopes, live bool, err error) {
	var machine bool
	err = db.read.QueryRowContext(ctx, `SELECT EXISTS (
			SELECT 1 FROM instance i WHERE i.not_before < $2
				AND (EXISTS (SELECT 1 FROM clients c WHERE c.client_id = $1 AND c.not_before < $2) OR EXISTS (SELECT 1 FROM machines m WHERE m.id = $1))
				AND NOT EXISTS (SELECT 1 FROM revoked_tokens r WHERE r.id = $3)),
		EXISTS (SELECT 1 FROM machines m WHERE m.id = $1)`,
		t.ClientID, ms(t.IssuedAt), t.ID[:]).Scan(&live, &machine)
	if err != nil {
		return nil, false, fmt.Errorf("reading about a client's token: %w", err)
	}
	if !live || !machine || len(t.Narrowed) == 0 {
		return t.Narrowed, live, nil
	}
	scopes, _, err := db.MachineScopes(ctx, t.ClientID)
	if errors.Is(err, store.ErrNotFound) { // deleted just now
		return nil, false, nil
	}
	return store.ScopesLeft(t.Narrowed, t.IssuedAt, scopes), live, err
}

// RevokeClientToken implements store.ClientTokens.
func (db *DB) RevokeClientToken(ctx context.Context, id oauth.TokenID, expiresAt time.Time) error {
	_, err := db.engine.exec(ctx, `INSERT INTO revoked_tokens (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, id[:], ms(expiresAt))
	return wrapped("revoking a client's token", err)
}

// DeleteExpiredTokens implements store.ClientTokens.
func (db *DB) DeleteExpiredTokens(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := db.engine.exec(ctx, `DELETE FROM revoked_tokens WHERE id IN (SELECT id FROM revoked_tokens WHERE expires_at < $1 LIMIT $2)`, ms(before), limit)
	return int(n), wrapped("forgetting revoked tokens", err)
}
