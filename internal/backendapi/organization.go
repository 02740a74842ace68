package backendapi

import (
	"encoding/json"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// An organizationObject is an organization as Clerk's SDKs read it.
type organizationObject struct {
	Object                  string          `json:"object"`
	ID                      string          `json:"id"`
	Name                    string          `json:"name"`
	Slug                    string          `json:"slug"`
	ImageURL                string          `json:"image_url"`
	HasImage                bool            `json:"has_image"`
	MembersCount            *int            `json:"members_count,omitempty"`             // if it is asked for
	PendingInvitationsCount *int            `json:"pending_invitations_count,omitempty"` // beside it: members are added, not invited
	MissingAdmin            *bool           `json:"missing_member_with_elevated_permissions,omitempty"`
	MaxAllowedMemberships   int             `json:"max_allowed_memberships"`
	AdminDeleteEnabled      bool            `json:"admin_delete_enabled"`
	PublicMetadata          json.RawMessage `json:"public_metadata"`
	PrivateMetadata         json.RawMessage `json:"private_metadata"`
	CreatedBy               string          `json:"created_by"` // "" if nobody is named: SDKs want a string
	CreatedAt               int64           `json:"created_at"`
	UpdatedAt               int64           `json:"updated_at"`
}

func newOrganizationObject(o store.Organization) organizationObject {
	return organizationObject{
		Object:                "organization",
		ID:                    o.ID,
		Name:                  o.Name,
		Slug:                  o.Slug,
		ImageURL:              o.ImageURL,
		HasImage:              o.ImageURL != "",
		MaxAllowedMemberships: o.MaxMembers,
		AdminDeleteEnabled:    o.AdminsDelete,
		PublicMetadata:        orEmptyObject(o.PublicMetadata),
		PrivateMetadata:       orEmptyObject(o.PrivateMetadata),
		CreatedBy:             o.CreatedBy,
		CreatedAt:             o.CreatedAt.UnixMilli(),
		UpdatedAt:             o.UpdatedAt.UnixMilli(),
	}
}

// A tally says what an answer is to count.
type tally struct{ members, admins bool }

// count is the organization with what is to be counted.
func (t tally) count(o store.Organization) organizationObject {
	object := newOrganizationObject(o)
	if t.members {
		object.MembersCount, object.PendingInvitationsCount = new(o.Members), new(0)
	}
	if t.admins {
		object.MissingAdmin = new(o.Admins == 0)
	}
	return object
}

func answerOrganization(o store.Organization, err error) (any, error) {
	return tally{}.answer(o, err)
}

func (t tally) answer(o store.Organization, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	noted := []*int64{new(int64(o.Members)), new(int64(o.Admins))}
	return tagged{t.count(o), admin.OrganizationVersion(o), noted}, nil
}

// roles are what members may be, with Clerk's names of what they may do.
var roles = map[store.Role]struct {
	name        string
	permissions []string
}{
	store.RoleAdmin:  {"Admin", []string{"org:sys_profile:manage", "org:sys_profile:delete", "org:sys_memberships:read", "org:sys_memberships:manage"}},
	store.RoleMember: {"Member", []string{"org:sys_memberships:read"}},
}

// A membershipObject is a membership as Clerk's SDKs read it: with both sides, which
// the JavaScript SDK reads unasked.
type membershipObject struct {
	Object          string             `json:"object"`
	ID              string             `json:"id"`
	Role            store.Role         `json:"role"`
	RoleName        string             `json:"role_name"`
	Permissions     []string           `json:"permissions"`
	PublicMetadata  json.RawMessage    `json:"public_metadata"`
	PrivateMetadata json.RawMessage    `json:"private_metadata"`
	Organization    organizationObject `json:"organization"`
	PublicUserData  publicUserData     `json:"public_user_data"`
	CreatedAt       int64              `json:"created_at"`
	UpdatedAt       int64              `json:"updated_at"`
}

// publicUserData is what members may know of one another.
type publicUserData struct {
	UserID          string  `json:"user_id"`
	FirstName       *string `json:"first_name"`
	LastName        *string `json:"last_name"`
	ProfileImageURL string  `json:"profile_image_url"`
	ImageURL        string  `json:"image_url"`
	HasImage        bool    `json:"has_image"`
	Identifier      string  `json:"identifier"`
	Username        *string `json:"username"`
	Banned          bool    `json:"banned"`
}

func newMembershipObject(m store.Member) membershipObject {
	u := m.User
	identifier := u.Username
	if email, ok := u.PrimaryEmail(); ok {
		identifier = email.Address
	}
	return membershipObject{
		Object:          "organization_membership",
		ID:              m.ID,
		Role:            m.Role,
		RoleName:        roles[m.Role].name,
		Permissions:     roles[m.Role].permissions,
		PublicMetadata:  orEmptyObject(m.PublicMetadata),
		PrivateMetadata: orEmptyObject(m.PrivateMetadata),
		Organization:    newOrganizationObject(m.Organization),
		PublicUserData: publicUserData{
			UserID: u.ID, FirstName: orNull(u.FirstName), LastName: orNull(u.LastName),
			ProfileImageURL: u.ImageURL, ImageURL: u.ImageURL, HasImage: u.ImageURL != "",
			Identifier: identifier, Username: orNull(u.Username), Banned: u.Banned,
		},
		CreatedAt: m.CreatedAt.UnixMilli(),
		UpdatedAt: m.UpdatedAt.UnixMilli(),
	}
}

func answerMember(m store.Member, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return tagged{object: newMembershipObject(m), version: admin.MembershipVersion(m)}, nil
}
