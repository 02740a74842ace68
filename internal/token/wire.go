package token

import (
	"encoding/binary"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// A writer builds the inside of a token: fields one after the other, numbers as
// varints, texts behind their length. Both ends are this program, and nothing is
// read before it is known to be ours, so the format needs no names.
type writer []byte

func (w *writer) bytes(b []byte)   { *w = append(*w, b...) }
func (w *writer) number(n uint64)  { *w = binary.AppendUvarint(*w, n) }
func (w *writer) time(t time.Time) { w.number(uint64(t.UnixMilli())) }

func (w *writer) text(s string) {
	w.number(uint64(len(s)))
	*w = append(*w, s...)
}

func (w *writer) flag(b bool) {
	var n uint64
	if b {
		n = 1
	}
	w.number(n)
}

func (w *writer) texts(all []string) {
	w.number(uint64(len(all)))
	for _, s := range all {
		w.text(s)
	}
}

// details begin with a flag, as most grants have none.
func (w *writer) details(d oauth.Details) {
	any := !d.AuthTime.IsZero() || len(d.Methods)+len(d.UserInfoClaims)+len(d.IDTokenClaims)+len(d.Resources) > 0
	w.flag(any)
	if !any {
		return
	}
	w.flag(!d.AuthTime.IsZero())
	if !d.AuthTime.IsZero() {
		w.time(d.AuthTime)
	}
	w.texts(d.Methods)
	w.texts(d.UserInfoClaims)
	w.texts(d.IDTokenClaims)
	w.texts(d.Resources)
}

// A reader takes apart what a writer built. After the first mistake it gives
// zero values, and done reports false.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.rest)) {
		r.bad = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.bad = true
		return 0
	}
	r.take(uint64(size))
	return n
}

func (r *reader) take16() (b [16]byte) {
	copy(b[:], r.take(uint64(len(b))))
	return b
}

func (r *reader) grantID() oauth.GrantID { return oauth.GrantID(r.take16()) }

func (r *reader) text() string    { return string(r.take(r.number())) }
func (r *reader) flag() bool      { return r.number() == 1 }
func (r *reader) time() time.Time { return time.UnixMilli(int64(r.number())).UTC() }

// scopes reads what a Scopes wrote as a text; the rules about scopes were applied
// when it was made.
func (r *reader) scopes() oauth.Scopes {
	text := r.text()
	if text == "" {
		return nil
	}
	return strings.Split(text, " ")
}

func (r *reader) texts() (all []string) {
	n := r.number()
	if n > uint64(len(r.rest)) { // each takes a byte at least
		r.bad = true
		return nil
	}
	for range n {
		all = append(all, r.text())
	}
	return all
}

func (r *reader) details() (d oauth.Details) {
	if !r.flag() {
		return d
	}
	if r.flag() {
		d.AuthTime = r.time()
	}
	d.Methods, d.UserInfoClaims, d.IDTokenClaims, d.Resources = r.texts(), r.texts(), r.texts(), r.texts()
	return d
}

// done reports whether everything was read and nothing was missing.
func (r *reader) done() bool { return !r.bad && len(r.rest) == 0 }
