package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// settings are how store.Settings are kept: durations in seconds.
type settings struct {
	Code                  int64 `json:"code_lifetime"`
	AccessToken           int64 `json:"access_token_lifetime"`
	RefreshToken          int64 `json:"refresh_token_lifetime"`
	Grant                 int64 `json:"grant_lifetime"`
	RefreshGrace          int64 `json:"refresh_grace"`
	AllowHTTPRedirectURIs bool  `json:"allow_http_redirect_uris"`
}

func formatSettings(s store.Settings) (string, error) {
	l := s.Lifetimes
	seconds := func(d time.Duration) int64 { return int64(d / time.Second) }
	text, err := json.Marshal(settings{
		seconds(l.Code), seconds(l.AccessToken), seconds(l.RefreshToken), seconds(l.Grant), seconds(l.RefreshGrace),
		s.AllowHTTPRedirectURIs,
	})
	return string(text), err
}

func parseSettings(text string) (store.Settings, error) {
	var kept settings
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return store.Settings{}, fmt.Errorf("reading the settings: %w", err)
	}
	var s store.Settings
	s.Lifetimes.Code = time.Duration(kept.Code) * time.Second
	s.Lifetimes.AccessToken = time.Duration(kept.AccessToken) * time.Second
	s.Lifetimes.RefreshToken = time.Duration(kept.RefreshToken) * time.Second
	s.Lifetimes.Grant = time.Duration(kept.Grant) * time.Second
	s.Lifetimes.RefreshGrace = time.Duration(kept.RefreshGrace) * time.Second
	s.AllowHTTPRedirectURIs = kept.AllowHTTPRedirectURIs
	return s, nil
}

// Instance implements store.Instances.
func (db *DB) Instance(ctx context.Context) (store.Instance, error) {
	var i store.Instance
	var text string
	err := db.read.QueryRowContext(ctx, `SELECT id, root_key, settings, not_before, created_at, revision FROM instance`).
		Scan(&i.ID, &i.RootKey, &text, at{&i.NotBefore}, at{&i.CreatedAt}, &i.Revision)
	if err == nil {
		i.Settings, err = parseSettings(text)
	}
	if err != nil {
		return store.Instance{}, fmt.Errorf("reading the instance: %w", db.missing(err))
	}
	return i, nil
}

// CreateInstance implements store.Instances.
func (db *DB) CreateInstance(ctx context.Context, i store.Instance) (store.Instance, error) {
	text, err := formatSettings(i.Settings)
	if err != nil {
		return store.Instance{}, fmt.Errorf("creating the instance: %w", err)
	}
	_, err = db.engine.exec(ctx, `INSERT INTO instance (one, id, root_key, settings, not_before, created_at, revision)
		VALUES (1, $1, $2, $3, $4, $5, 1) ON CONFLICT (one) DO NOTHING`,
		i.ID, i.RootKey, text, ms(i.NotBefore), ms(i.CreatedAt))
	if err != nil {
		return store.Instance{}, fmt.Errorf("creating the instance: %w", err)
	}
	return db.Instance(ctx)
}

// UpdateSettings implements store.Instances.
func (db *DB) UpdateSettings(ctx context.Context, i store.Instance) error {
	text, err := formatSettings(i.Settings)
	if err != nil {
		return fmt.Errorf("updating the settings: %w", err)
	}
	err = db.change(ctx, func(tx querier) error {
		return execOne(ctx, tx, `UPDATE instance SET settings = $1, revision = revision + 1 WHERE revision = $2`, text, i.Revision)
	})
	if errors.Is(err, store.ErrNotFound) {
		return store.ErrConflict
	}
	return wrapped("updating the settings", err)
}

// CutOff implements store.Instances.
func (db *DB) CutOff(ctx context.Context, now time.Time) error {
	_, err := db.engine.exec(ctx, `UPDATE instance SET not_before = CASE WHEN not_before > $1 THEN not_before ELSE $1 END`,
		ms(now.Add(db.dialect.skew)))
	if err != nil {
		return fmt.Errorf("cutting off the instance: %w", err)
	}
	return nil
}
