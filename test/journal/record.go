package journal

import "github.com/signet-auth/signet/test/harness"

// A record is what a client knows of one grant.
type record struct {
	app      harness.Application
	code     string
	bought   bool     // an exchange was acknowledged
	tried    bool     // an exchange was sent and no whole answer came
	accesses []string // acknowledged access tokens, the first and the newest
	refresh  string   // newest acknowledged refresh token
	rotating bool     // refresh was sent and no whole answer came
	dead     bool     // a revocation was acknowledged, or a refusal seen
}

// tokens notes an acknowledged answer of the token endpoint.
func (r *record) tokens(answer harness.Answer) {
	if len(r.accesses) > 1 {
		r.accesses = r.accesses[:1]
	}
	r.accesses = append(r.accesses, answer.Text("access_token"))
	r.refresh, r.rotating = answer.Text("refresh_token"), false
}

// A revocation is one of many grants at once that was sent.
type revocation int

const (
	none revocation = iota
	banning
	deleting
)

// notes are all that one client knows.
type notes struct {
	records []*record
	latest  *record    // what was worked on last, so the only one that may be unsettled
	begun   revocation // sent and not yet acknowledged
	signOn  bool       // the user has to sign in, or the application to be made, before going on
}

// end notes that a revocation of everything was acknowledged.
func (n *notes) end() {
	for _, r := range n.records {
		r.dead = true
	}
	n.begun = none
}
