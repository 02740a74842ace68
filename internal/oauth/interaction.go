package oauth

import "time"

// A Step is what an authorization request needs next.
type Step int

// The steps, in the order in which a new user of an application meets them.
const (
	SignIn      Step = iota + 1 // nobody is signed in
	SignInAgain                 // somebody is, and has to prove it once more or be somebody else
	Choose                      // the user has to say which account to go on with
	Ask                         // the user has to agree to the scopes
	Agree                       // the client need not ask: note the agreement, then answer
	Answer                      // issue the code
)

// A User is who is signed in, and what they have agreed to for the client that
// asks.
type User struct {
	ID         string
	SessionID  string
	SignedInAt time.Time
	Methods    []string // how (RFC 8176 §2); nil if no value fits
	Agreed     Scopes

	Organization  string   // chosen before, and the user is a member of it; or ""
	Organizations []string // that the user is a member of, two at the most; read only if none is chosen
}

// Progress is what the user has done about this very request, as its
// continuation tells.
type Progress struct {
	SignedIn string // id of the session in which the user signed in for it, or ""
	Chosen   string // id of the user who chose to go on, or ""
	AgreedBy string // id of the user who agreed, or ""
	Denied   bool

	Organization string // that the user who agreed chose, or ""
}

// Next decides what r needs from user, who is nil if nobody is signed in. It is
// the only place that decides: after every step the browser returns to
// /oauth/authorize and asks again, so no step has to know what follows it.
func (r AuthorizationRequest) Next(user *User, done Progress, now time.Time) (Step, error) {
	if done.Denied {
		return 0, &RedirectError{Target: r.target, State: r.state, Mode: r.mode, Refusal: refuse(AccessDenied, "RFC 6749 §4.1.2.1", "the user did not agree")}
	}
	step := r.signIn(user, done, now)
	if step == 0 && user.ID != r.subject && r.subject != "" {
		// Asked for above unless the user has just signed in: as somebody else.
		return 0, r.refuse(LoginRequired, "OIDC Core §3.1.2.1", "another user is signed in than the request names")
	}
	if step == 0 {
		step = r.agreement(user, done)
	}
	if r.prompts.none {
		switch step {
		case SignIn, SignInAgain:
			return 0, r.refuse(LoginRequired, "OIDC Core §3.1.2.6", "the user is not signed in, or not as the request asks")
		case Ask:
			return 0, r.refuse(ConsentRequired, "OIDC Core §3.1.2.6", "the user has not agreed to these scopes")
		}
	}
	return step, nil
}

// signIn decides whether the user has to prove who they are, or 0.
func (r AuthorizationRequest) signIn(user *User, done Progress, now time.Time) Step {
	if user == nil {
		return SignIn
	}
	if done.SignedIn != "" && done.SignedIn == user.SessionID {
		return 0 // for this very request, so no wish for a fresh sign-in is left
	}
	switch {
	case r.prompts.login,
		r.maxAge != nil && now.Sub(user.SignedInAt) > *r.maxAge,
		r.maxAge != nil && *r.maxAge == 0,
		r.subject != "" && r.subject != user.ID:
		return SignInAgain
	case r.prompts.selectAccount && done.Chosen != user.ID:
		return Choose
	}
	return 0
}

// agreement decides whether the user has to agree to what is asked.
func (r AuthorizationRequest) agreement(user *User, done Progress) Step {
	consents := r.Consents()
	_, settled := r.organization(*user)
	switch {
	case r.asksAlways() && done.AgreedBy != user.ID, !settled:
		return Ask
	case consents.Within(user.Agreed):
		return Answer
	case !r.client.AsksUsers():
		return Agree
	}
	return Ask
}

// organization is the one that the user is seen in, or "". It is settled unless the
// user has to choose: whoever belongs to none is seen in none, and for a client that
// need not ask, the only one there is needs no choosing.
func (r AuthorizationRequest) organization(user User) (id string, settled bool) {
	switch {
	case !r.AsksOrganization():
		return "", true
	case user.Organization != "":
		return user.Organization, true
	case len(user.Organizations) == 0:
		return "", true
	case len(user.Organizations) == 1 && !r.client.AsksUsers():
		return user.Organizations[0], true
	}
	return "", false
}

// AsksOrganization reports whether the answer depends on an organization of the
// user's.
func (r AuthorizationRequest) AsksOrganization() bool { return r.Consents().Has(ScopeOrganization) }

// asksAlways reports whether an earlier agreement does not count: the client
// wants it so, nobody vouches for who the client is, or on the user's device any
// app can take a public client's place and would be answered without the user
// noticing (RFC 8252 §8.6).
func (r AuthorizationRequest) asksAlways() bool {
	return r.prompts.consent || r.client.DynamicallyRegistered || IsDocumentURL(r.client.ID) || r.client.Public && r.target.Native()
}

func (r AuthorizationRequest) refuse(code ErrorCode, spec, description string) error {
	return &RedirectError{Target: r.target, State: r.state, Mode: r.mode, Hold: r.client.DynamicallyRegistered, Refusal: refuse(code, spec, description)}
}

// Code is the code that answers r. AuthorizedAt comes after every not-before
// time known at now: the user has agreed with knowledge of them, whatever the
// clock of the node that wrote them said.
func (r AuthorizationRequest) Code(id GrantID, user User, now time.Time, notBefore ...time.Time) Code {
	code := Code{
		GrantID:           id,
		ClientID:          r.client.ID,
		UserID:            user.ID,
		SessionID:         user.SessionID,
		RedirectURI:       r.target.URI(),
		RedirectRequested: r.redirectRequested,
		Scopes:            r.scopes,
		Challenge:         r.challenge,
		AuthorizedAt:      LaterThan(now, notBefore...),
		ExpiresAt:         now.Add(r.client.Lifetimes.Code),
		Details:           Details{Resources: r.resources, UserInfoClaims: r.claims.userInfo},
	}
	code.OrganizationID, _ = r.organization(user)
	if r.scopes.Has(ScopeOpenID) {
		code.Nonce = r.nonce
		code.AuthTime, code.Methods = user.SignedInAt, user.Methods
		code.IDTokenClaims = r.claims.idToken
	}
	return code
}
