package sqlstore

import (
	"encoding/json"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// details are how oauth.Details are kept: under short names, since they are kept
// with every grant that has any.
type details struct {
	AuthTime       int64    `json:"t,omitempty"` // milliseconds
	Methods        []string `json:"m,omitempty"`
	UserInfoClaims []string `json:"u,omitempty"`
	IDTokenClaims  []string `json:"i,omitempty"`
	Resources      []string `json:"r,omitempty"`
}

func formatDetails(d oauth.Details) string {
	if d.AuthTime.IsZero() && d.Methods == nil && d.UserInfoClaims == nil && d.IDTokenClaims == nil && d.Resources == nil {
		return ""
	}
	text, err := json.Marshal(details{ms(d.AuthTime), d.Methods, d.UserInfoClaims, d.IDTokenClaims, d.Resources})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return string(text)
}

func parseDetails(text string) (oauth.Details, error) {
	if text == "" {
		return oauth.Details{}, nil
	}
	var d details
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return oauth.Details{}, err
	}
	return oauth.Details{
		AuthTime: fromMS(d.AuthTime), Methods: d.Methods,
		UserInfoClaims: d.UserInfoClaims, IDTokenClaims: d.IDTokenClaims, Resources: d.Resources,
	}, nil
}

// steps is how far a rotation moves the generation.
func steps(r store.Rotation) int64 {
	if r.Sticky {
		return 0
	}
	return 1
}

// options are what a client has beyond the common, as they are kept.
type options struct {
	IDTokenAlgorithm  oauth.Algorithm   `json:"id_token_alg,omitempty"`
	TokenFormat       store.TokenFormat `json:"token_format,omitempty"`
	Sticky            bool              `json:"sticky_refresh,omitempty"`
	ClientCredentials bool              `json:"client_credentials,omitempty"`
	Resources         []string          `json:"resources,omitempty"`
	PostLogoutURIs    []string          `json:"post_logout_redirect_uris,omitempty"`
	Lifetimes         *lifetimes        `json:"lifetimes,omitempty"`
	SecretMadeAt      int64             `json:"secret_made_at,omitempty"` // milliseconds
	OldSecret         *oldSecret        `json:"old_secret,omitempty"`
}

// An oldSecret is what may be used beside the current one until a time.
type oldSecret struct {
	Hash   []byte `json:"hash"`
	MadeAt int64  `json:"made_at,omitempty"`
	Until  int64  `json:"until"`
}

// lifetimes are in seconds; 0 is as the instance has it.
type lifetimes struct {
	Code         int64 `json:"code_lifetime,omitempty"`
	AccessToken  int64 `json:"access_token_lifetime,omitempty"`
	IDToken      int64 `json:"id_token_lifetime,omitempty"`
	RefreshToken int64 `json:"refresh_token_lifetime,omitempty"`
	Grant        int64 `json:"grant_lifetime,omitempty"`
	RefreshGrace int64 `json:"refresh_grace,omitempty"`
}

func formatLifetimes(l oauth.Lifetimes) lifetimes {
	seconds := func(d time.Duration) int64 { return int64(d / time.Second) }
	return lifetimes{seconds(l.Code), seconds(l.AccessToken), seconds(l.IDToken), seconds(l.RefreshToken), seconds(l.Grant), seconds(l.RefreshGrace)}
}

func (l lifetimes) parsed() oauth.Lifetimes {
	seconds := func(n int64) time.Duration { return time.Duration(n) * time.Second }
	return oauth.Lifetimes{
		Code: seconds(l.Code), AccessToken: seconds(l.AccessToken), IDToken: seconds(l.IDToken),
		RefreshToken: seconds(l.RefreshToken), Grant: seconds(l.Grant), RefreshGrace: seconds(l.RefreshGrace),
	}
}

func formatOptions(c store.Client) (string, error) {
	o := options{
		IDTokenAlgorithm: c.IDTokenAlgorithm, TokenFormat: c.Own.TokenFormat, Sticky: c.StickyRefresh,
		ClientCredentials: c.ClientCredentials, Resources: c.Own.Resources, PostLogoutURIs: c.PostLogoutURIs,
		SecretMadeAt: ms(c.SecretMadeAt),
	}
	if old := c.OldSecret; old.Hash != (oauth.Hash{}) {
		o.OldSecret = &oldSecret{old.Hash[:], ms(old.MadeAt), ms(old.Until)}
	}
	if kept := formatLifetimes(c.Own.Lifetimes); kept != (lifetimes{}) {
		o.Lifetimes = &kept
	}
	text, err := json.Marshal(o)
	return string(text), err
}

// apply reads what is kept of a client's options into it, and fills in what the
// instance decides for it.
func (o options) apply(c *store.Client, s store.Settings) {
	c.IDTokenAlgorithm, c.StickyRefresh, c.ClientCredentials = o.IDTokenAlgorithm, o.Sticky, o.ClientCredentials
	c.PostLogoutURIs, c.SecretMadeAt = o.PostLogoutURIs, fromMS(o.SecretMadeAt)
	if old := o.OldSecret; old != nil {
		copy(c.OldSecret.Hash[:], old.Hash)
		c.OldSecret.MadeAt, c.OldSecret.Until = fromMS(old.MadeAt), fromMS(old.Until)
	}
	c.Own.TokenFormat, c.Own.Resources = o.TokenFormat, o.Resources
	if o.Lifetimes != nil {
		c.Own.Lifetimes = o.Lifetimes.parsed()
	}
	c.Lifetimes = c.Own.Lifetimes.Or(s.Lifetimes)
	c.JWTAccessTokens = o.TokenFormat == store.JWTTokens || o.TokenFormat == "" && s.JWTAccessTokens
	if c.Resources = o.Resources; len(c.Resources) == 0 {
		c.Resources = s.Resources
	}
	if !s.Organizations.Enabled {
		c.Scopes = c.Scopes.Without(oauth.ScopeOrganization)
	}
}
