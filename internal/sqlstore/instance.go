package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// settings are how store.Settings are kept: durations in seconds.
type settings struct {
	lifetimes
	AllowHTTPRedirectURIs bool     `json:"allow_http_redirect_uris"`
	JWTAccessTokens       bool     `json:"jwt_access_tokens,omitempty"`
	Resources             []string `json:"resources,omitempty"`
	AllowedOrigins        []string `json:"allowed_origins,omitempty"`
	OperatorFactor        bool     `json:"operators_need_second_factor,omitempty"`

	CustomScopes              []store.CustomScope     `json:"custom_scopes,omitempty"`
	DefaultScopes             oauth.Scopes            `json:"default_scopes,omitempty"`
	DynamicRegistration       bool                    `json:"dynamic_registration,omitempty"`
	RegistrationTokenRequired bool                    `json:"registration_token_required,omitempty"`
	MetadataDocuments         store.MetadataDocuments `json:"metadata_documents,omitzero"`
	Brand                     store.Brand             `json:"brand,omitzero"`

	Organizations store.OrganizationSettings `json:"organizations,omitzero"`
	EventsKept    int64                      `json:"events_kept,omitempty"`
	SignUp        store.SignUp               `json:"sign_up,omitzero"`
}

func formatSettings(s store.Settings) (string, error) {
	text, err := json.Marshal(settings{
		formatLifetimes(s.Lifetimes),
		s.AllowHTTPRedirectURIs, s.JWTAccessTokens, s.Resources, s.AllowedOrigins, s.OperatorsNeedSecondFactor,
		s.CustomScopes, s.DefaultScopes, s.DynamicRegistration, s.RegistrationTokenRequired, s.MetadataDocuments,
		s.Brand, s.Organizations, int64(s.EventsKept / time.Second), s.SignUp,
	})
	return string(text), err
}

func parseSettings(text string) (store.Settings, error) {
	var kept settings
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return store.Settings{}, fmt.Errorf("reading the settings: %w", err)
	}
	s := store.Settings{
		Lifetimes:             kept.parsed(),
		AllowHTTPRedirectURIs: kept.AllowHTTPRedirectURIs,
		JWTAccessTokens:       kept.JWTAccessTokens,
		Resources:             kept.Resources,
		AllowedOrigins:        kept.AllowedOrigins,

		OperatorsNeedSecondFactor: kept.OperatorFactor,

		CustomScopes:              kept.CustomScopes,
		DefaultScopes:             kept.DefaultScopes,
		DynamicRegistration:       kept.DynamicRegistration,
		RegistrationTokenRequired: kept.RegistrationTokenRequired,
		MetadataDocuments:         kept.MetadataDocuments,

		Brand:         kept.Brand,
		Organizations: kept.Organizations,
		EventsKept:    time.Duration(kept.EventsKept) * time.Second,
		SignUp:        kept.SignUp,
	}
	if s.Lifetimes.IDToken == 0 { // kept before there were any
		s.Lifetimes.IDToken = oauth.DefaultLifetimes().IDToken
	}
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
	err = db.telling(ctx, db.change, func(tx querier) ([]occurrence, error) {
		changed := occurrence{kind: store.SettingsUpdated, objectID: i.ID, about: i}
		return []occurrence{changed}, execOne(ctx, tx, `UPDATE instance SET settings = $1, revision = revision + 1 WHERE revision = $2`, text, i.Revision)
	})
	if errors.Is(err, store.ErrNotFound) {
		return store.ErrConflict
	}
	return wrapped("updating the settings", err)
}

// CutOff implements store.Instances.
func (db *DB) CutOff(ctx context.Context, at time.Time) (time.Time, error) {
	return db.cutOff(ctx, db.engine.transaction, "instance", "", at)
}

// cutOffs are the statements that move a not-before time on, and give the id of what
// was cut off, the time, and the user and the client_id that it is.
var cutOffs = map[string]string{
	"instance": `UPDATE instance SET not_before = CASE WHEN not_before > $2 THEN not_before ELSE $2 END
		WHERE one = 1 AND $1 = '' RETURNING id, not_before, '', ''`,
	"user": `UPDATE users SET not_before = CASE WHEN not_before > $2 THEN not_before ELSE $2 END
		WHERE id = $1 RETURNING id, not_before, id, ''`,
	"oauth_application": `UPDATE clients SET not_before = CASE WHEN not_before > $2 THEN not_before ELSE $2 END
		WHERE application_id = $1 RETURNING application_id, not_before, '', client_id`,
}

// cutOff moves the not-before time of one thing on, never back, and gives it as it
// is then.
func (db *DB) cutOff(ctx context.Context, in func(context.Context, func(querier) error) error, what, id string, to time.Time) (time.Time, error) {
	done := store.CutOff{Of: what}
	err := db.telling(ctx, in, func(tx querier) ([]occurrence, error) {
		told := occurrence{kind: store.RevocationCreated}
		rows, err := tx.QueryContext(ctx, cutOffs[what], id, ms(to.Add(db.dialect.skew)))
		if err != nil {
			return nil, err
		}
		moved, err := all(rows, func(r row) (bool, error) {
			return true, r.Scan(&done.ID, at{&done.NotBefore}, &told.userID, &told.clientID)
		})
		if err != nil || len(moved) == 0 {
			return nil, errors.Join(err, store.ErrNotFound)
		}
		told.objectID, told.about = done.ID, done
		return []occurrence{told}, nil
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("cutting off: %w", db.missing(err))
	}
	return done.NotBefore, nil
}
