package token

import (
	"slices"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// The life of a signing key. It is published a lead before it signs, so that
// whoever caches keys has it by then, signs for a period, and stays published a
// tail after its successor took over, while what it signed is good.
const (
	period = 90 * 24 * time.Hour
	lead   = 24 * time.Hour
	tail   = MaxSigned + time.Hour
)

// MaxSigned is the longest that anything signed may live: keys are published that
// long.
const MaxSigned = 30 * 24 * time.Hour

// of gives the keys of one algorithm that were not taken back, by their number.
func of(keys []store.SigningKey, a oauth.Algorithm, now time.Time) []store.SigningKey {
	var mine []store.SigningKey
	for _, k := range keys {
		if k.Algorithm == a && !retired(k, now) {
			mine = append(mine, k)
		}
	}
	slices.SortFunc(mine, func(a, b store.SigningKey) int { return int(a.Number - b.Number) })
	return mine
}

func retired(k store.SigningKey, now time.Time) bool {
	return !k.RetiredAt.IsZero() && !now.Before(k.RetiredAt)
}

// signer is the key that signs at now: the last that has become active. It is a
// function of what all nodes read, so they agree.
func signer(keys []store.SigningKey, a oauth.Algorithm, now time.Time) (store.SigningKey, bool) {
	mine := of(keys, a, now)
	for i := len(mine) - 1; i >= 0; i-- {
		if !now.Before(mine[i].ActiveFrom) {
			return mine[i], true
		}
	}
	return store.SigningKey{}, false
}

// published are the keys that signatures can be checked with at now.
func published(keys []store.SigningKey, now time.Time) []store.SigningKey {
	var all []store.SigningKey
	for _, a := range oauth.Algorithms() {
		for _, k := range of(keys, a, now) {
			if !spent(k, keys, now) {
				all = append(all, k)
			}
		}
	}
	return all
}

// spent reports whether nothing that k signed can be good any more.
func spent(k store.SigningKey, keys []store.SigningKey, now time.Time) bool {
	if retired(k, now) {
		return true
	}
	mine := of(keys, k.Algorithm, now)
	next := slices.IndexFunc(mine, func(x store.SigningKey) bool { return x.Number > k.Number })
	return next >= 0 && now.After(mine[next].ActiveFrom.Add(tail))
}

// due tells which key to make for the algorithm, if any: the first one, to sign at
// once, or the successor of one that has nearly served its period. A successor
// wanted by the operator comes at its lead whatever the age.
func due(keys []store.SigningKey, a oauth.Algorithm, now time.Time, wanted bool) (number int64, activeFrom time.Time, ok bool) {
	for _, k := range keys {
		if k.Algorithm == a {
			number = max(number, k.Number)
		}
	}
	number++
	mine := of(keys, a, now)
	if len(mine) == 0 {
		return number, now, true
	}
	last := mine[len(mine)-1]
	switch {
	case now.Before(last.ActiveFrom):
		return 0, time.Time{}, false // the successor is published already
	case wanted, !now.Before(last.ActiveFrom.Add(period - lead)):
		return number, now.Add(lead), true
	}
	return 0, time.Time{}, false
}
