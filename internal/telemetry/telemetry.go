// Package telemetry counts what a node does: sign-ins, tokens issued, refusals and
// how long answers take. It counts in memory, with one addition each, and knows
// neither the database nor who asks.
//
// All series are known beforehand, so that nothing that clients make up can make
// their number grow.
package telemetry

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// What the series are called: a kind, and a part behind a slash.
const (
	SignIns      = "sign_in"        // sessions that began
	SignInErrors = "sign_in_failed" // attempts that were refused
	Issued       = "issued"         // answers with tokens, by grant type
	Refused      = "refused"        // protocol requests, by code
	Answered     = "answered"       // requests, by face and class of status
	Took         = "took"           // requests, by face and bucket of time
)

// Other is the part of a series for what has no own.
const Other = "other"

// grants are the grant types that are counted apart.
var grants = []string{oauth.GrantAuthorizationCode, oauth.GrantRefreshToken, oauth.GrantClientCredentials, oauth.GrantDeviceCode}

// codes are the refusals that are counted apart.
var codes = []oauth.ErrorCode{
	oauth.InvalidRequest, oauth.InvalidClient, oauth.InvalidGrant, oauth.InvalidScope, oauth.UnauthorizedClient,
	oauth.UnsupportedGrantType, oauth.AccessDenied, oauth.ServerError, oauth.TemporarilyUnavailable,
	oauth.UnsupportedResponseType, oauth.InvalidToken, oauth.InsufficientScope, oauth.LoginRequired, oauth.ConsentRequired,
	oauth.AuthorizationPending, oauth.SlowDown, oauth.ExpiredToken, oauth.InvalidTarget, oauth.InvalidRedirectURI, oauth.InvalidClientMetadata,
}

// A Face is a part of the server that is measured by itself.
type Face int

// The faces.
const (
	Authorize Face = iota
	Token
	UserInfo
	OtherProtocol // introspection, revocation, registration, metadata and so on
	BackendAPI
	Pages
	Dashboard
	faces
)

var faceNames = [faces]string{"authorize", "token", "userinfo", "protocol", "api", "pages", "dashboard"}

// Faces are the names of all faces.
func Faces() []string { return faceNames[:] }

// FaceOf tells which face a route of the mux belongs to; false for what is not
// measured, such as files and the questions of load balancers.
func FaceOf(route string) (Face, bool) {
	path := route[strings.IndexByte(route, ' ')+1:]
	switch {
	case strings.HasPrefix(path, "/oauth/"):
		switch path {
		case "/oauth/token":
			return Token, true
		case "/oauth/authorize":
			return Authorize, true
		case "/oauth/userinfo":
			return UserInfo, true
		}
		return OtherProtocol, true
	case strings.HasPrefix(path, "/.well-known/"):
		return OtherProtocol, true
	case strings.HasPrefix(path, "/v1/"):
		return BackendAPI, true
	case strings.HasPrefix(path, "/dashboard"):
		return Dashboard, true
	case path == "", strings.HasPrefix(path, "/assets/"), strings.HasPrefix(path, "/images/"), path == "/healthz", path == "/readyz", path == "/metrics":
		return 0, false
	}
	return Pages, true
}

// classes are the kinds of statuses.
var classes = [...]string{"2xx", "3xx", "4xx", "5xx"}

// Counts are what a node has counted since it began. It is safe for concurrent
// use.
type Counts struct {
	signIns, signInErrors atomic.Int64
	issued                map[string]*atomic.Int64 // never changed
	refused               map[oauth.ErrorCode]*atomic.Int64
	answered              [faces][len(classes)]atomic.Int64
	took                  [faces][buckets]atomic.Int64
	spent                 [faces]atomic.Int64 // microseconds
}

// New makes Counts of nothing.
func New() *Counts {
	c := &Counts{issued: map[string]*atomic.Int64{Other: {}}, refused: map[oauth.ErrorCode]*atomic.Int64{Other: {}}}
	for _, grant := range grants {
		c.issued[grant] = &atomic.Int64{}
	}
	for _, code := range codes {
		c.refused[code] = &atomic.Int64{}
	}
	return c
}

// SignedIn counts a session that began.
func (c *Counts) SignedIn() { c.signIns.Add(1) }

// SignInFailed counts an attempt that was refused.
func (c *Counts) SignInFailed() { c.signInErrors.Add(1) }

// Issue counts an answer with tokens.
func (c *Counts) Issue(grantType string) { add(c.issued, grantType, Other) }

// Refuse counts a refused protocol request.
func (c *Counts) Refuse(code oauth.ErrorCode) { add(c.refused, code, Other) }

func add[K comparable](counts map[K]*atomic.Int64, key, other K) {
	n, ok := counts[key]
	if !ok {
		n = counts[other]
	}
	n.Add(1)
}

// Answer counts a request that was answered.
func (c *Counts) Answer(f Face, status int, took time.Duration) {
	class := min(max(status/100-2, 0), len(classes)-1)
	c.answered[f][class].Add(1)
	c.took[f][bucketOf(took)].Add(1)
	c.spent[f].Add(took.Microseconds())
}

// All gives every series that has counted anything, since the node began.
func (c *Counts) All() map[string]int64 {
	all := map[string]int64{}
	put := func(series string, n *atomic.Int64) {
		if v := n.Load(); v != 0 {
			all[series] = v
		}
	}
	put(SignIns, &c.signIns)
	put(SignInErrors, &c.signInErrors)
	for grant, n := range c.issued {
		put(Issued+"/"+grant, n)
	}
	for code, n := range c.refused {
		put(Refused+"/"+string(code), n)
	}
	for f, name := range faceNames {
		for class := range classes {
			put(Answered+"/"+name+"/"+classes[class], &c.answered[f][class])
		}
		for b := range buckets {
			put(Took+"/"+name+"/"+bucketName(b), &c.took[f][b])
		}
	}
	return all
}
