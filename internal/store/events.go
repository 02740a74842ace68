package store

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Events tells what has happened. The methods that change something write the
// event in the transaction of the change: what was acknowledged never lacks its
// event, and what was rolled back never has one. An event never changes.
type Events interface {
	// Event finds one, or ErrNotFound.
	Event(ctx context.Context, id EventID) (Event, error)

	// Events returns one page of the events that match. It looks at a bounded
	// number of them, so that a page of what seldom happens may be short or empty
	// before the end. The oldest first, an event is shown only when no event before
	// it can appear any more: whoever goes on from Last misses none. The newest
	// first, all are shown.
	Events(ctx context.Context, q EventQuery) (EventPage, error)

	// DeleteOldEvents removes at most limit events from before the given time, the
	// oldest first, with what is noted of their delivery, to endpoints too that are
	// gone, and returns how many.
	DeleteOldEvents(ctx context.Context, before time.Time, limit int) (int, error)
}

// An Event is something that has happened.
type Event struct {
	ID       EventID
	Type     EventType
	Actor    Actor
	ObjectID string          // of what it happened to
	UserID   string          // of the user concerned, or ""
	ClientID string          // client_id of the application or machine concerned, or ""
	Data     json.RawMessage // the object as it was then, and no secret
}

// An EventID names an event. It begins with the time, so that events are kept in
// the order in which they happened, as far as the clocks of nodes agree.
type EventID [16]byte

// eventPrefix is what the text of an id begins with.
const eventPrefix = "evt_"

// NewEventID makes an id of the time, a number that grows within a millisecond,
// and randomness.
func NewEventID(at time.Time, number uint16, random [8]byte) (id EventID) {
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(max(0, at.UnixMilli())))
	copy(id[:6], ms[2:])
	binary.BigEndian.PutUint16(id[6:], number)
	copy(id[8:], random[:])
	return id
}

// ParseEventID reads what String gives.
func ParseEventID(text string) (id EventID, ok bool) {
	digits, ok := strings.CutPrefix(text, eventPrefix)
	if !ok || len(digits) != 2*len(id) || strings.ToLower(digits) != digits {
		return EventID{}, false
	}
	_, err := hex.Decode(id[:], []byte(digits))
	return id, err == nil
}

// String gives the id as it is shown.
func (id EventID) String() string { return eventPrefix + hex.EncodeToString(id[:]) }

// Time is when it happened.
func (id EventID) Time() time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(append([]byte{0, 0}, id[:6]...)))).UTC()
}

// An Actor is who did it.
type Actor struct {
	Kind ActorKind
	ID   string // of the secret key or the user, the client_id; "" for the others
	Name string // of the secret key
}

// An ActorKind says what sort of actor it is.
type ActorKind string

// The kinds.
const (
	BySecretKey ActorKind = "secret_key" // over the Backend API
	ByCommand   ActorKind = "command"    // somebody with access to the machine
	ByUser      ActorKind = "user"
	ByClient    ActorKind = "client"
	BySystem    ActorKind = "system" // by itself
)

type actorKey struct{}

// WithActor says who does what is done with the context.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf is who does what is done with the context, or otherwise if nobody has said
// so: the one whose business it is.
func ActorOf(ctx context.Context, otherwise Actor) Actor {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		return a
	}
	if otherwise == (Actor{}) {
		return Actor{Kind: BySystem}
	}
	return otherwise
}

// An EventType says what has happened.
type EventType string

// The types. Those of users, sessions, organizations, memberships and invitations, and
// the first of applications, have the names that Clerk gives them. A new one is a constant, an entry in EventTypes, a
// call of tell in sqlstore, and a case in backendapi.Describe if its object is new.
const (
	UserCreated EventType = "user.created"
	UserUpdated EventType = "user.updated" // banned, unbanned, locked and unlocked too
	UserDeleted EventType = "user.deleted"

	InvitationCreated  EventType = "invitation.created"
	InvitationAccepted EventType = "invitation.accepted"
	InvitationRevoked  EventType = "invitation.revoked"
	SignInTokenCreated EventType = "sign_in_token.created"
	SignInTokenRevoked EventType = "sign_in_token.revoked"

	SessionCreated EventType = "session.created"
	SessionEnded   EventType = "session.ended"   // by a new password
	SessionRemoved EventType = "session.removed" // the user has signed out
	SessionRevoked EventType = "session.revoked" // by an operator

	ApplicationCreated EventType = "oauth_application.created"
	ApplicationUpdated EventType = "oauth_application.updated"
	ApplicationDeleted EventType = "oauth_application.deleted"
	SecretRotated      EventType = "oauth_application.secret_rotated"

	AuthorizationGranted   EventType = "oauth_authorization.granted" // the user has agreed
	AuthorizationWithdrawn EventType = "oauth_authorization.withdrawn"
	GrantRevoked           EventType = "oauth_grant.revoked"
	RevocationCreated      EventType = "oauth_revocation.created" // of all before a time

	OrganizationCreated EventType = "organization.created"
	OrganizationUpdated EventType = "organization.updated"
	OrganizationDeleted EventType = "organization.deleted"
	MembershipCreated   EventType = "organizationMembership.created"
	MembershipUpdated   EventType = "organizationMembership.updated"
	MembershipDeleted   EventType = "organizationMembership.deleted"

	MachineCreated       EventType = "machine.created"
	MachineUpdated       EventType = "machine.updated"
	MachineDeleted       EventType = "machine.deleted"
	MachineSecretRotated EventType = "machine.secret_rotated"
	MachineScopeCreated  EventType = "machine_scope.created"
	MachineScopeDeleted  EventType = "machine_scope.deleted"
	M2MTokenRevoked      EventType = "m2m_token.revoked"

	SubjectKeyCreated EventType = "api_key.created"
	SubjectKeyUpdated EventType = "api_key.updated"
	SubjectKeyRevoked EventType = "api_key.revoked"
	SubjectKeyDeleted EventType = "api_key.deleted"

	SecretKeyCreated  EventType = "secret_key.created"
	SecretKeyRevoked  EventType = "secret_key.revoked"
	SigningKeyCreated EventType = "signing_key.created"
	SigningKeyRetired EventType = "signing_key.retired"
	SigningKeyDeleted EventType = "signing_key.deleted"
	SettingsUpdated   EventType = "instance_settings.updated"

	OperatorAdded   EventType = "operator.added" // a user may use the dashboard
	OperatorRemoved EventType = "operator.removed"

	WebhookCreated       EventType = "webhook.created"
	WebhookUpdated       EventType = "webhook.updated"
	WebhookDeleted       EventType = "webhook.deleted"
	WebhookDisabled      EventType = "webhook.disabled" // after it has failed for long
	WebhookSecretRotated EventType = "webhook.secret_rotated"
	WebhookTest          EventType = "webhook.test" // for one endpoint alone
)

var eventTypes = []EventType{
	UserCreated, UserUpdated, UserDeleted,
	InvitationCreated, InvitationAccepted, InvitationRevoked, SignInTokenCreated, SignInTokenRevoked,
	SessionCreated, SessionEnded, SessionRemoved, SessionRevoked,
	ApplicationCreated, ApplicationUpdated, ApplicationDeleted, SecretRotated,
	AuthorizationGranted, AuthorizationWithdrawn, GrantRevoked, RevocationCreated,
	OrganizationCreated, OrganizationUpdated, OrganizationDeleted, MembershipCreated, MembershipUpdated, MembershipDeleted,
	MachineCreated, MachineUpdated, MachineDeleted, MachineSecretRotated, MachineScopeCreated, MachineScopeDeleted, M2MTokenRevoked,
	SubjectKeyCreated, SubjectKeyUpdated, SubjectKeyRevoked, SubjectKeyDeleted,
	SecretKeyCreated, SecretKeyRevoked, SigningKeyCreated, SigningKeyRetired, SigningKeyDeleted, SettingsUpdated,
	OperatorAdded, OperatorRemoved,
	WebhookCreated, WebhookUpdated, WebhookDeleted, WebhookDisabled, WebhookSecretRotated, WebhookTest,
}

// EventTypes lists all there are.
func EventTypes() []EventType { return slices.Clone(eventTypes) }

// An EventQuery selects events. Empty fields match all.
type EventQuery struct {
	After      EventID // only those past it, in the order asked for; zero is from the beginning
	Since      time.Time
	Before     time.Time
	Types      []EventType
	Object     string // the id of the object or of the user, or the client_id
	Descending bool   // the newest first
	Limit      int
}

// An EventPage is one page, and the place to go on from.
type EventPage struct {
	Events []Event
	Last   EventID // EventQuery.After if nothing was looked at
	More   bool    // there is more to look at now
}

// What follows is what events are about, beside what the store keeps anyway. Describe
// functions turn it into the data of an event.

// A Described makes the data of an event of what it is about: something that the store
// keeps, or one of the types below. What it leaves out is in no event.
type Described func(instanceID string, about any) (any, error)

// A Deleted is what is no more.
type Deleted struct{ Object, ID string }

// A UserThen is a user with what it proves things with.
type UserThen struct {
	User
	Proofs
}

// A SessionThen is a session with what became of it.
type SessionThen struct {
	Session
	Status string
}

// A GrantThen is a grant that was revoked.
type GrantThen struct {
	ID, ClientID, UserID, SessionID string
	Scopes                          []string
	Reason                          string
	RevokedAt                       time.Time
}

// An Authorization is what a user agrees to, or did.
type Authorization struct {
	UserID, ClientID string
	Scopes           []string
}

// A ScopeTakenBack is a scope of a machine that is no more.
type ScopeTakenBack struct{ From, To string }

// A CutOff kills all that was authorized up to a time.
type CutOff struct {
	Of        string // "instance", "user" or "oauth_application"
	ID        string
	NotBefore time.Time
}
