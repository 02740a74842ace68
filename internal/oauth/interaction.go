package oauth

import "time"

// A Step is what an authorization request needs next.
type Step int

// The steps, in the order in which a new user of an application meets them.
const (
	SignIn Step = iota + 1 // nobody is signed in
	Ask                    // the user has to agree to the scopes
	Agree                  // the client need not ask: note the agreement, then answer
	Answer                 // issue the code
)

// A User is who is signed in, and what they have agreed to for the client that
// asks.
type User struct {
	ID     string
	Agreed Scopes
}

// Progress is what the user has done about this very request, as its
// continuation tells.
type Progress struct {
	AgreedBy string // id of the user who agreed, or ""
	Denied   bool
}

// Next decides what r needs from user, who is nil if nobody is signed in. It is
// the only place that decides: after every step the browser returns to
// /oauth/authorize and asks again, so no step has to know what follows it.
func (r AuthorizationRequest) Next(user *User, done Progress) (Step, error) {
	switch {
	case done.Denied:
		return 0, r.refuse(AccessDenied, "RFC 6749 §4.1.2.1", "the user did not agree")
	case user == nil:
		return SignIn, nil
	case r.asksAlways() && done.AgreedBy != user.ID:
		return Ask, nil
	case r.scopes.Within(user.Agreed):
		return Answer, nil
	case !r.client.AskConsent:
		return Agree, nil
	}
	return Ask, nil
}

// asksAlways reports whether an earlier agreement does not count: on the user's
// device any app can take a public client's place and would be answered without
// the user noticing (RFC 8252 §8.6).
func (r AuthorizationRequest) asksAlways() bool {
	return r.client.Public && r.target.Native()
}

func (r AuthorizationRequest) refuse(code ErrorCode, spec, description string) error {
	return &RedirectError{Target: r.target, State: r.state, Refusal: refuse(code, spec, description)}
}

// Code is the code that answers r. AuthorizedAt comes after every not-before
// time known at now: the user has agreed with knowledge of them, whatever the
// clock of the node that wrote them said.
func (r AuthorizationRequest) Code(id GrantID, userID, sessionID string, now time.Time, notBefore ...time.Time) Code {
	authorized := now
	for _, t := range notBefore {
		if !authorized.After(t) {
			authorized = t.Add(time.Millisecond)
		}
	}
	return Code{
		GrantID:           id,
		ClientID:          r.client.ID,
		UserID:            userID,
		SessionID:         sessionID,
		RedirectURI:       r.target.URI(),
		RedirectRequested: r.redirectRequested,
		Scopes:            r.scopes,
		Challenge:         r.challenge,
		AuthorizedAt:      authorized,
		ExpiresAt:         now.Add(r.client.Lifetimes.Code),
	}
}
