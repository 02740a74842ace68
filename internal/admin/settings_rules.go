package admin

import (
	"time"

	"github.com/signet-auth/signet/internal/store"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// checkSettings decides whether an instance can work with these settings.
func checkSettings(s store.Settings) error {
	var p problems
	l := s.Lifetimes
	for _, x := range []struct {
		field       string
		value       time.Duration
		least, most time.Duration
		text        string
	}{
		{"code_lifetime", l.Code, time.Second, 10 * time.Minute, "code_lifetime must be 1 second to 10 minutes (RFC 6749 §4.1.2)."},
		{"access_token_lifetime", l.AccessToken, time.Minute, year, "access_token_lifetime must be 1 minute to 1 year."},
		{"refresh_token_lifetime", l.RefreshToken, time.Minute, 10 * year, "refresh_token_lifetime must be 1 minute to 10 years."},
		{"grant_lifetime", l.Grant, time.Minute, 10 * year, "grant_lifetime must be 1 minute to 10 years."},
		{"refresh_grace", l.RefreshGrace, 0, day, "refresh_grace must be at most 1 day."},
	} {
		if x.value < x.least || x.value > x.most {
			p.add(x.field, Unacceptable, x.text)
		}
	}
	return p.err()
}
