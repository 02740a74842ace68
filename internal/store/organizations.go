package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// Organizations keeps what users belong to together.
type Organizations interface {
	// CreateOrganization saves an organization and, if there is a creator, its first
	// membership: both or neither. An *ExistsError with the field "slug" if another
	// organization has it, ErrNotFound if the creator does not exist.
	CreateOrganization(ctx context.Context, o Organization, creator *Membership) error

	// Organization finds an organization by its id or its slug, or ErrNotFound.
	Organization(ctx context.Context, idOrSlug string) (Organization, error)

	// ListOrganizations returns one page of the organizations that match, and how
	// many match in all.
	ListOrganizations(ctx context.Context, q OrganizationQuery) ([]Organization, int, error)

	// UpdateOrganization saves o if the stored UpdatedAt still is was; o.UpdatedAt has
	// to be another. Who is a member is not its business. Of any number of concurrent
	// calls with one was exactly one succeeds; the others return ErrConflict, or
	// ErrNotFound if the organization is gone. An *ExistsError as CreateOrganization.
	UpdateOrganization(ctx context.Context, o Organization, was time.Time) error

	// DeleteOrganization removes an organization with its memberships and API keys, if
	// the stored UpdatedAt is was or was is zero; otherwise ErrConflict. ErrNotFound if
	// there is none.
	DeleteOrganization(ctx context.Context, id string, was time.Time) error
}

// An Organization is what users belong to together.
type Organization struct {
	ID              string // org_...
	Name            string
	Slug            string // lower case letters, digits and hyphens
	ImageURL        string
	PublicMetadata  json.RawMessage
	PrivateMetadata json.RawMessage
	CreatedBy       string // id of a user who may be gone, or ""
	MaxMembers      int    // 0: any number
	AdminsDelete    bool   // admins may delete it, as the operator's own pages should know
	Members         int    // how many there are; no method saves it
	Admins          int    // likewise, of these
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// An OrganizationQuery selects and orders organizations. Empty fields match all.
type OrganizationQuery struct {
	IDs, ExceptIDs         []string
	Members, ExceptMembers []string // ids of users of whom one is a member, or none
	Query                  string   // part of the name or the slug in any case, or the whole id
	OrderBy                OrganizationOrder
	Descending             bool
	Limit, Offset          int
}

// An OrganizationOrder is a column to order organizations by; ties fall back to the
// id.
type OrganizationOrder int

// The orders.
const (
	OrganizationsByCreation OrganizationOrder = iota
	OrganizationsByName
	OrganizationsByMembers
)

// Memberships keeps who belongs to which organization, one row per pair. They go
// with their user and with their organization.
type Memberships interface {
	// AddMember saves a membership. ErrNotFound if the organization or the user does
	// not exist, an *ExistsError with the field "user_id" if there is one of the pair,
	// ErrFull if the organization has as many members as it may have: of any number
	// of concurrent calls no more succeed than there is room for.
	AddMember(ctx context.Context, m Membership) error

	// Member finds a membership, or ErrNotFound.
	Member(ctx context.Context, organizationID, userID string) (Member, error)

	// ListMembers returns one page of the memberships that match, and how many match
	// in all.
	ListMembers(ctx context.Context, q MemberQuery) ([]Member, int, error)

	// UpdateMembership saves role and metadata of a membership if the stored UpdatedAt
	// still is was; m.UpdatedAt has to be another. ErrLastAdmin if the organization
	// would be left without an admin: however many calls race, one stays. ErrConflict
	// if it was changed meanwhile, ErrNotFound if there is none.
	UpdateMembership(ctx context.Context, m Membership, was time.Time) error

	// RemoveMember removes a membership, if the stored UpdatedAt is was or was is zero;
	// otherwise ErrConflict. ErrLastAdmin as UpdateMembership, ErrNotFound if there is
	// none.
	RemoveMember(ctx context.Context, organizationID, userID string, was time.Time) error

	// Belonging gives the organizations that a user is a member of, those joined first
	// at the front and no more than limit.
	Belonging(ctx context.Context, userID string, limit int) ([]oauth.Organization, error)

	// BelongsTo finds an organization that the user is a member of, or ErrNotFound.
	BelongsTo(ctx context.Context, userID, organizationID string) (oauth.Organization, error)
}

// A Membership is what makes a user belong to an organization.
type Membership struct {
	ID              string // orgmem_...
	OrganizationID  string
	UserID          string
	Role            Role
	PublicMetadata  json.RawMessage
	PrivateMetadata json.RawMessage
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// A Role is what a member may do in an organization.
type Role string

// The roles.
const (
	RoleAdmin  Role = "org:admin"
	RoleMember Role = "org:member"
)

// A Member is a membership with whom it is between.
type Member struct {
	Membership
	Organization Organization
	User         User
}

// A MemberQuery selects and orders memberships. Users holds conditions for their
// users; its order and page mean nothing.
type MemberQuery struct {
	OrganizationID string // "" for those of all
	Roles          []Role // nil matches all
	Users          UserQuery
	OrderBy        MemberOrder
	Descending     bool
	Limit, Offset  int
}

// A MemberOrder is a column to order memberships by; ties fall back to the id.
type MemberOrder int

// The orders.
const (
	MembersByCreation MemberOrder = iota // of the membership
	MembersByFirstName
	MembersByLastName
	MembersByUsername
	MembersByEmail // the primary address
)
