package admin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// An Application is an OAuth application as an operator sees it.
type Application struct {
	store.Client
	Secret string // the client secret, only in the answer that made it; then only its hash is kept
}

// ApplicationFields are what an operator may decide about an application. Nil
// means "as it is", and on creation the default.
type ApplicationFields struct {
	Name          *string
	RedirectURIs  []string // nil as it is, empty for none
	CallbackURL   *string  // the one redirect URI of clients that know only one
	Scopes        *string  // "" as it is; by default "profile email"
	ConsentScreen *bool    // by default true
	RequirePKCE   *bool    // by default false, and always true for a public application
	Public        *bool    // by default false
	DeviceGrant   *bool    // by default false

	IDTokenAlgorithm  *string  // "RS256" by default
	TokenFormat       *string  // "opaque", "jwt", or "" as the instance
	RefreshPolicy     *string  // RotateRefresh by default, or StickyRefresh
	ClientCredentials *bool    // by default false
	Resources         []string // nil as it is, empty as the instance
	PostLogoutURIs    []string // nil as it is
	Lifetimes         []Lifetime
}

// The refresh policies.
const (
	RotateRefresh = "rotate"
	StickyRefresh = "sticky"
)

// CreateApplication makes an application. The answer holds its secret, which is
// shown this once; a public application has none.
func (a *Admin) CreateApplication(ctx context.Context, f ApplicationFields) (Application, error) {
	app, err := a.newApplication(ctx, f)
	if err != nil {
		return Application{}, err
	}
	if err := a.clients.CreateClient(ctx, app.Client); err != nil {
		return Application{}, fmt.Errorf("creating an application: %w", err)
	}
	return app, nil
}

// newApplication is the application to be, checked and with ids and a secret.
func (a *Admin) newApplication(ctx context.Context, f ApplicationFields) (Application, error) {
	instance, err := a.Instance(ctx)
	if err != nil {
		return Application{}, err
	}
	now := a.now()
	c := store.Client{CreatedAt: now, UpdatedAt: now}
	c.AskConsent = true
	if c.Scopes, err = oauth.ParseScopes(oauth.DefaultScopes); err != nil {
		return Application{}, fmt.Errorf("reading the default scopes: %w", err)
	}
	if err := f.applyToNew(&c, instance.Settings); err != nil {
		return Application{}, err
	}
	if c.ApplicationID, err = a.id("oa_", now); err != nil {
		return Application{}, err
	}
	if c.ID, err = a.text(16); err != nil {
		return Application{}, err
	}
	app := Application{Client: c}
	if !c.Public {
		if err := a.newSecret(&app); err != nil {
			return Application{}, err
		}
	}
	return app, nil
}

// ImportApplication makes an application that exists elsewhere, under the client_id
// that it has there. A secret that its clients know is kept; without one it gets a
// new one, which nobody is told. What an application with this client_id was given
// before stays dead. ErrConflict if the client_id is taken. With dryRun
// nothing is made.
func (a *Admin) ImportApplication(ctx context.Context, f ApplicationFields, clientID, secret string, dryRun bool) (Application, error) {
	var p problems
	if clientID == "" || len(clientID) > maxText || strings.Trim(clientID, base62+"_-.") != "" {
		p.add("client_id", Malformed, "client_id must be at most 256 letters, digits, '_', '-' and '.'.")
	}
	if secret != "" && len(secret) < minSecret {
		p.add("client_secret", Unacceptable, "client_secret must be at least 24 characters long: it is kept by a fast hash.")
	}
	if err := p.err(); err != nil {
		return Application{}, err
	}
	switch _, err := a.clients.ClientByClientID(ctx, clientID); {
	case err == nil:
		return Application{}, store.ErrConflict
	case !errors.Is(err, store.ErrNotFound):
		return Application{}, fmt.Errorf("finding a client: %w", err)
	}
	app, err := a.newApplication(ctx, f)
	if err != nil {
		return Application{}, err
	}
	app.NotBefore = app.CreatedAt // what an application of this client_id was given before it was deleted stays dead
	if app.ID = clientID; secret != "" && !app.Public {
		app.Secret, app.SecretHash = secret, oauth.HashSecret(secret)
	}
	if dryRun {
		return app, nil
	}
	if err := a.clients.CreateClient(ctx, app.Client); err != nil {
		return Application{}, fmt.Errorf("importing an application: %w", err)
	}
	return app, nil
}

// minSecret is the least length of a client secret made elsewhere.
const minSecret = 24

// newSecret gives the application a client secret: 32 characters, 190 bits.
func (a *Admin) newSecret(app *Application) error {
	secret, err := a.text(32)
	if err != nil {
		return err
	}
	app.Secret, app.SecretHash = secret, oauth.HashSecret(secret)
	app.OldSecret, app.SecretMadeAt = oauth.OldSecret{}, a.now().Truncate(time.Millisecond)
	return nil
}

// Application returns the application with this oa_ id.
func (a *Admin) Application(ctx context.Context, id string) (Application, error) {
	if !isID("oa_", id) {
		return Application{}, fmt.Errorf("finding an application: %w", store.ErrNotFound)
	}
	c, err := a.clients.ClientByID(ctx, id)
	if err != nil {
		return Application{}, fmt.Errorf("finding an application: %w", err)
	}
	return Application{Client: c}, nil
}

// Applications returns one page of the applications that match, and how many
// match in all.
func (a *Admin) Applications(ctx context.Context, q store.ClientQuery) ([]Application, int, error) {
	clients, total, err := a.clients.ListClients(ctx, q)
	if err != nil {
		return nil, 0, fmt.Errorf("listing applications: %w", err)
	}
	apps := make([]Application, len(clients))
	for i, c := range clients {
		apps[i].Client = c
	}
	return apps, total, nil
}

// UpdateApplication changes what f names. An application that becomes
// confidential gets a secret, which the answer shows this once; one that becomes
// public loses its secret at once, and has to use PKCE from then on.
func (a *Admin) UpdateApplication(ctx context.Context, id string, f ApplicationFields) (Application, error) {
	instance, err := a.Instance(ctx)
	if err != nil {
		return Application{}, err
	}
	return a.changeApplication(ctx, id, func(app *Application) error {
		wasPublic := app.Public
		if err := f.applyTo(&app.Client, instance.Settings); err != nil {
			return err
		}
		switch {
		case app.Public:
			app.SecretHash, app.OldSecret = oauth.Hash{}, oauth.OldSecret{}
		case wasPublic:
			return a.newSecret(app)
		}
		return nil
	})
}

// MaxOverlap is how long two secrets of an application may work side by side.
const MaxOverlap = 30 * 24 * time.Hour

// RotateSecret gives the application a new secret, which the answer shows this
// once. The one before it works for the overlap, and any older one no more. Of
// concurrent rotations all succeed, and only the secrets written last work. A
// public application has no secret to rotate: *Error.
func (a *Admin) RotateSecret(ctx context.Context, id string, overlap time.Duration) (Application, error) {
	if overlap < 0 || overlap > MaxOverlap {
		return Application{}, problems{{"overlap_seconds", Unacceptable, "overlap_seconds must be from 0 to 2592000, which is 30 days."}}.err()
	}
	return a.changeApplication(ctx, id, func(app *Application) error {
		if app.Public {
			return problems{{"public", Unacceptable, "A public application has no client secret."}}.err()
		}
		old := oauth.OldSecret{Hash: app.SecretHash, MadeAt: app.SecretMadeAt, Until: a.now().Add(overlap).Truncate(time.Millisecond)}
		if err := a.newSecret(app); err != nil {
			return err
		}
		if overlap > 0 {
			app.OldSecret = old
		}
		return nil
	})
}

// A ClientSecret is what may be told of a secret of an application.
type ClientSecret struct {
	MadeAt     time.Time // zero if nobody noted it
	ExpiresAt  time.Time // zero: never
	LastUsedAt time.Time // zero: never, or long ago
}

// ClientSecrets tells of the secrets that work, the newest first.
func (a *Admin) ClientSecrets(ctx context.Context, c store.Client) ([]ClientSecret, error) {
	if c.Public {
		return nil, nil
	}
	last, err := a.uses.Last(ctx, c.SecretHash, c.OldSecret.Hash)
	if err != nil {
		return nil, fmt.Errorf("finding out when secrets were used: %w", err)
	}
	return SecretsOf(c, a.now(), last), nil
}

// SecretsOf are the secrets of an application that work at now, given when they were
// last used.
func SecretsOf(c store.Client, now time.Time, last map[store.Hash]time.Time) []ClientSecret {
	if c.Public {
		return nil
	}
	secrets := []ClientSecret{{MadeAt: c.SecretMadeAt, LastUsedAt: last[c.SecretHash]}}
	if c.OldSecret.Live(now) {
		secrets = append(secrets, ClientSecret{MadeAt: c.OldSecret.MadeAt, ExpiresAt: c.OldSecret.Until, LastUsedAt: last[c.OldSecret.Hash]})
	}
	return secrets
}

// changeApplication reads an application, applies change and writes it, again
// whenever another change came between.
func (a *Admin) changeApplication(ctx context.Context, id string, change func(*Application) error) (Application, error) {
	var app Application
	err := retried(func() error {
		var err error
		if app, err = a.Application(ctx, id); err != nil {
			return err
		}
		if err := a.admits(app.Version()); err != nil {
			return err
		}
		if err := change(&app); err != nil {
			return err
		}
		app.UpdatedAt = after(app.UpdatedAt, a.now())
		if err := a.clients.UpdateClient(ctx, app.Client); err != nil {
			return fmt.Errorf("changing an application: %w", err)
		}
		app.Revision++
		return nil
	})
	if err != nil {
		return Application{}, err
	}
	return app, nil
}

// after gives now, or the first millisecond after previous if the clock has not
// got there: a change always shows in updated_at.
func after(previous, now time.Time) time.Time {
	if next := previous.Add(time.Millisecond); now.Before(next) {
		return next
	}
	return now
}

// DeleteApplication removes an application for good. Whatever was granted to it
// is dead at its next use.
func (a *Admin) DeleteApplication(ctx context.Context, id string) error {
	if !isID("oa_", id) {
		return fmt.Errorf("deleting an application: %w", store.ErrNotFound)
	}
	if a.condition != nil {
		return a.deleteIf(ctx, func() (string, func(context.Context) error, error) {
			app, err := a.Application(ctx, id)
			return app.Version(), func(ctx context.Context) error { return a.clients.DeleteClientAt(ctx, id, app.Revision) }, err
		})
	}
	if err := a.clients.DeleteClient(ctx, id); err != nil {
		return fmt.Errorf("deleting an application: %w", err)
	}
	return nil
}
