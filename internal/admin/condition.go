package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/signet-auth/signet/internal/store"
)

// ErrPrecondition means that the object is not of the version that the change was
// meant for. Nothing was changed.
var ErrPrecondition = errors.New("the object has another version")

// A Condition decides by the version of an object whether to change it.
type Condition func(version string) bool

// Provided gives an Admin that changes or deletes an application, a user, an
// organization, a membership, a custom scope or the settings only if their version meets the condition, and otherwise
// fails with ErrPrecondition. The write itself names the version that was looked
// at, so that of concurrent changes of one version exactly one succeeds.
func (a *Admin) Provided(c Condition) *Admin {
	conditional := *a
	conditional.condition = c
	return &conditional
}

// admits is nil if an object of this version may be changed.
func (a *Admin) admits(version string) error {
	if a.condition == nil || a.condition(version) {
		return nil
	}
	return ErrPrecondition
}

// Version changes with every change of the application.
func (app Application) Version() string { return strconv.FormatInt(app.Revision, 10) }

// UserVersion changes with every change of the user, but not with what is noted of
// its sign-ins.
func UserVersion(u store.User) string { return strconv.FormatInt(u.UpdatedAt.UnixMilli(), 36) }

// OrganizationVersion changes with every change of the organization, but not with who
// is a member.
func OrganizationVersion(o store.Organization) string {
	return strconv.FormatInt(o.UpdatedAt.UnixMilli(), 36)
}

// MembershipVersion changes with every change of role and metadata.
func MembershipVersion(m store.Member) string {
	return strconv.FormatInt(m.Membership.UpdatedAt.UnixMilli(), 36)
}

// SettingsVersion changes with every change of the settings and of a custom scope.
func SettingsVersion(i store.Instance) string { return strconv.FormatInt(i.Revision, 10) }

// deleteIf deletes what read finds, if its version is admitted: again whenever
// another change came between.
func (a *Admin) deleteIf(ctx context.Context, read func() (version string, remove func(context.Context) error, err error)) error {
	return retried(func() error {
		version, remove, err := read()
		if err != nil {
			return err
		}
		if err := a.admits(version); err != nil {
			return err
		}
		if err := remove(ctx); err != nil {
			return fmt.Errorf("deleting if the version is right: %w", err)
		}
		return nil
	})
}
