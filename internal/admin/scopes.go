package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// maxCustomScopes is the most custom scopes an instance may have.
const maxCustomScopes = 200

// scopeSettings checks the settings about scopes.
func (p *problems) scopeSettings(s store.Settings) {
	if len(s.CustomScopes) > maxCustomScopes {
		p.add("scopes", TooMany, "There can be at most 200 custom scopes.")
	}
	var seen oauth.Scopes
	for _, x := range s.CustomScopes {
		parsed, err := oauth.ParseScopes(x.Name)
		switch {
		case err != nil || len(parsed) != 1 || len(x.Name) > maxText:
			p.add("name", Malformed, "name must be 1 to 256 printable ASCII characters without space, quote and backslash (RFC 6749 §3.3).")
		case oauth.IsBuiltIn(x.Name):
			p.add("name", Taken, "There is a built-in scope of this name.")
		case seen.Has(x.Name):
			p.add("name", Taken, "There is a scope of this name.")
		}
		seen = append(seen, x.Name)
		p.line("description", x.Description)
	}
	for _, name := range s.DefaultScopes {
		switch {
		case name == oauth.ScopeOfflineAccess:
			p.add("default_scopes", Unacceptable, "default_scopes must not name offline_access, which is added by itself.")
		case !s.Scopes().Has(name):
			p.add("default_scopes", UnknownScope, "default_scopes must name scopes that exist here.")
		}
	}
}

// CreateScope makes a custom scope. It can then be given to applications.
func (a *Admin) CreateScope(ctx context.Context, x store.CustomScope) error {
	_, err := a.UpdateSettings(ctx, func(s *store.Settings) { s.CustomScopes = append(slices.Clone(s.CustomScopes), x) })
	return err
}

// UpdateScope changes the description of a custom scope, and whether it is
// advertised. Nil leaves as it is.
func (a *Admin) UpdateScope(ctx context.Context, name string, description *string, advertised *bool) (store.CustomScope, error) {
	found := store.CustomScope{}
	_, err := a.UpdateSettings(ctx, func(s *store.Settings) {
		s.CustomScopes = slices.Clone(s.CustomScopes)
		for i := range s.CustomScopes {
			x := &s.CustomScopes[i]
			if x.Name != name {
				continue
			}
			if description != nil {
				x.Description = *description
			}
			if advertised != nil {
				x.Advertised = *advertised
			}
			found = *x
		}
	})
	if err == nil && found.Name == "" {
		err = fmt.Errorf("changing a scope: %w", store.ErrNotFound)
	}
	return found, err
}

// DeleteScope removes a custom scope from the instance, its default scopes and
// every application. What was issued with it keeps it until it expires; refreshing
// is refused until an application is given a scope of that name again.
func (a *Admin) DeleteScope(ctx context.Context, name string) error {
	settings, err := a.Settings(ctx)
	if err != nil {
		return err
	}
	is := func(x store.CustomScope) bool { return x.Name == name }
	if !slices.ContainsFunc(settings.CustomScopes, is) {
		return fmt.Errorf("deleting a scope: %w", store.ErrNotFound)
	}
	// First from the applications: should it end half way, it can be done again.
	for offset := 0; ; {
		apps, total, err := a.Applications(ctx, store.ClientQuery{OrderBy: store.ClientsByCreation, Limit: 100, Offset: offset})
		if err != nil {
			return err
		}
		for _, app := range apps {
			if !app.Scopes.Has(name) {
				continue
			}
			_, err := a.changeApplication(ctx, app.ApplicationID, func(app *Application) error {
				app.Scopes = app.Scopes.Without(name)
				return nil
			})
			if err != nil {
				return err
			}
		}
		if offset += len(apps); len(apps) == 0 || offset >= total {
			break
		}
	}
	_, err = a.UpdateSettings(ctx, func(s *store.Settings) {
		s.CustomScopes = slices.DeleteFunc(slices.Clone(s.CustomScopes), is)
		s.DefaultScopes = s.DefaultScopes.Without(name)
	})
	return err
}

// scopeList puts the names that exist into a sentence.
func scopeList(s store.Settings) string { return strings.Join(s.Scopes(), ", ") }
