package admin

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// A lifetimeBound is between what a lifetime may be, and where it is.
type lifetimeBound struct {
	field       func(*oauth.Lifetimes) *time.Duration
	least, most time.Duration
	text        string
}

var lifetimeBounds = map[string]lifetimeBound{
	"code_lifetime": {
		func(l *oauth.Lifetimes) *time.Duration { return &l.Code }, time.Second, 10 * time.Minute,
		"code_lifetime must be 1 second to 10 minutes (RFC 6749 §4.1.2).",
	},
	"access_token_lifetime": {
		func(l *oauth.Lifetimes) *time.Duration { return &l.AccessToken }, time.Minute, year,
		"access_token_lifetime must be 1 minute to 1 year.",
	},
	"id_token_lifetime": {
		func(l *oauth.Lifetimes) *time.Duration { return &l.IDToken }, time.Minute, 30 * day,
		"id_token_lifetime must be 1 minute to 30 days, which is how long its key is published.",
	},
	"refresh_token_lifetime": {
		func(l *oauth.Lifetimes) *time.Duration { return &l.RefreshToken }, time.Minute, 10 * year,
		"refresh_token_lifetime must be 1 minute to 10 years.",
	},
	"grant_lifetime": {
		func(l *oauth.Lifetimes) *time.Duration { return &l.Grant }, time.Minute, 10 * year,
		"grant_lifetime must be 1 minute to 10 years.",
	},
	"refresh_grace": {
		func(l *oauth.Lifetimes) *time.Duration { return &l.RefreshGrace }, 0, day,
		"refresh_grace must be at most 1 day.",
	},
}

// LifetimeNames lists the lifetimes of instances and applications.
func LifetimeNames() []string { return slices.Sorted(maps.Keys(lifetimeBounds)) }

// leastEventsKept is longer than events may be on their way to an endpoint.
const leastEventsKept = 7 * day

// EventsKept is how long events are kept.
func EventsKept(s store.Settings) time.Duration { return cmp.Or(s.EventsKept, store.DefaultEventsKept) }

const maxOrigins = 50

// origins checks a list of web origins (RFC 6454 §6.2).
func (p *problems) origins(field string, given []string) {
	if len(given) > maxOrigins {
		p.add(field, TooMany, field+" must name at most 50 origins.")
		return
	}
	for _, origin := range given {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme == "" || u.Host == "" || u.User != nil || u.Scheme+"://"+u.Host != origin || len(origin) > maxText {
			p.add(field, Malformed, field+" must hold origins, such as https://app.example.com.")
			return
		}
	}
}

// checkSettings decides whether an instance can work with these settings.
func checkSettings(s store.Settings) error {
	var p problems
	for _, name := range LifetimeNames() {
		bound := lifetimeBounds[name]
		if value := *bound.field(&s.Lifetimes); value < bound.least || value > bound.most {
			p.add(name, Unacceptable, bound.text)
		}
	}
	if s.EventsKept != 0 && (s.EventsKept < leastEventsKept || s.EventsKept > 10*year) {
		p.add("events_kept", Unacceptable, "events_kept must be 7 days to 10 years, or 0 for 90 days.")
	}
	p.resources("resources", s.Resources)
	p.origins("allowed_origins", s.AllowedOrigins)
	p.scopeSettings(s)
	p.brand(s.Brand)
	p.organizationSettings(s.Organizations)
	p.signUp(s.SignUp)
	return p.err()
}

// SignUpPolicies are the names of the policies.
var SignUpPolicies = map[string]store.SignUpPolicy{
	"open": store.SignUpOpen, "invited": store.SignUpInvited, "closed": store.SignUpClosed,
}

// SignUpPolicyName is the name of a policy.
func SignUpPolicyName(policy store.SignUpPolicy) string {
	if policy == store.SignUpInvited {
		return "invited"
	}
	return string(policy)
}

const maxDomains = 100

// signUp checks who may make an account.
func (p *problems) signUp(s store.SignUp) {
	if SignUpPolicies[SignUpPolicyName(s.Policy)] != s.Policy {
		p.add("sign_up", Unacceptable, "sign_up must be open, invited or closed.")
	}
	if len(s.Domains) > maxDomains {
		p.add("sign_up_domains", TooMany, "sign_up_domains must name at most 100 domains.")
		return
	}
	for _, domain := range s.Domains {
		if domain != strings.ToLower(domain) || !account.IsEmail("x@"+domain) {
			p.add("sign_up_domains", Malformed, "sign_up_domains must hold domains in small letters, such as example.com.")
			return
		}
	}
}
