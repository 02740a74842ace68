package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/server"
	"github.com/signet-auth/signet/internal/store"
)

// A setting of the instance, as it is shown and set.
type setting struct {
	name string
	show func(store.Settings) string
	set  func(*store.Settings, string) error
}

var instanceSettings = []setting{
	lifetime("code_lifetime", func(s *store.Settings) *time.Duration { return &s.Lifetimes.Code }),
	lifetime("access_token_lifetime", func(s *store.Settings) *time.Duration { return &s.Lifetimes.AccessToken }),
	lifetime("id_token_lifetime", func(s *store.Settings) *time.Duration { return &s.Lifetimes.IDToken }),
	lifetime("refresh_token_lifetime", func(s *store.Settings) *time.Duration { return &s.Lifetimes.RefreshToken }),
	lifetime("grant_lifetime", func(s *store.Settings) *time.Duration { return &s.Lifetimes.Grant }),
	lifetime("refresh_grace", func(s *store.Settings) *time.Duration { return &s.Lifetimes.RefreshGrace }),
	flag("allow_http_redirect_uris", func(s *store.Settings) *bool { return &s.AllowHTTPRedirectURIs }),
	flag("jwt_access_tokens", func(s *store.Settings) *bool { return &s.JWTAccessTokens }),
	flag("organizations", func(s *store.Settings) *bool { return &s.Organizations.Enabled }),
	flag("dynamic_client_registration", func(s *store.Settings) *bool { return &s.DynamicRegistration }),
	flag("registration_token_required", func(s *store.Settings) *bool { return &s.RegistrationTokenRequired }),
	flag("client_documents_advertised", func(s *store.Settings) *bool { return &s.MetadataDocuments.Advertised }),
	flag("client_documents_only_known", func(s *store.Settings) *bool { return &s.MetadataDocuments.OnlyPreRegistered }),
	flag("client_documents_block_implicit", func(s *store.Settings) *bool { return &s.MetadataDocuments.BlockImplicit }),
	lifetime("events_kept", func(s *store.Settings) *time.Duration { return &s.EventsKept }),
	list("resources", func(s *store.Settings) *[]string { return &s.Resources }),
	words("brand_name", func(s *store.Settings) *string { return &s.Brand.Name }),
	words("brand_accent", func(s *store.Settings) *string { return &s.Brand.Accent }),
	words("brand_logo", func(s *store.Settings) *string { return &s.Brand.Logo }),
	signUpPolicy(),
	list("sign_up_domains", func(s *store.Settings) *[]string { return &s.SignUp.Domains }),
	list("default_scopes", func(s *store.Settings) *[]string { return (*[]string)(&s.DefaultScopes) }),
}

// words is a setting that is kept as it is written.
func words(name string, field func(*store.Settings) *string) setting {
	return setting{
		name: name,
		show: func(s store.Settings) string { return *field(&s) },
		set:  func(s *store.Settings, value string) error { *field(s) = value; return nil },
	}
}

func flag(name string, field func(*store.Settings) *bool) setting {
	return setting{
		name: name,
		show: func(s store.Settings) string { return strconv.FormatBool(*field(&s)) },
		set: func(s *store.Settings, value string) (err error) {
			if *field(s), err = strconv.ParseBool(value); err != nil {
				return errors.New("is neither true nor false")
			}
			return nil
		},
	}
}

// list is a setting of several words, written with spaces or commas between them.
func list(name string, field func(*store.Settings) *[]string) setting {
	return setting{
		name: name,
		show: func(s store.Settings) string { return strings.Join(*field(&s), " ") },
		set: func(s *store.Settings, value string) error {
			*field(s) = strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == ',' })
			return nil
		},
	}
}

// signUpPolicy is who may make an account.
func signUpPolicy() setting {
	return setting{
		name: "sign_up",
		show: func(s store.Settings) string { return admin.SignUpPolicyName(s.SignUp.Policy) },
		set: func(s *store.Settings, value string) error {
			policy, ok := admin.SignUpPolicies[value]
			if !ok {
				return errors.New("is none of open, invited and closed")
			}
			s.SignUp.Policy = policy
			return nil
		},
	}
}

func lifetime(name string, field func(*store.Settings) *time.Duration) setting {
	return setting{
		name: name,
		show: func(s store.Settings) string { return field(&s).String() },
		set: func(s *store.Settings, value string) (err error) {
			if *field(s), err = time.ParseDuration(value); err != nil {
				return errors.New("is not a duration such as 90s, 15m or 72h")
			}
			return nil
		},
	}
}

func newSettings() *cobra.Command {
	return newGroup("settings", "Show and change the settings of the instance", newSettingsShow(), newSettingsSet())
}

func newSettingsShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "show",
		Short:   "Show the settings",
		Example: "  signet settings show",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				s, err := o.Admin.Settings(ctx)
				if err != nil {
					return err
				}
				return showSettings(cmd, s, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func showSettings(cmd *cobra.Command, s store.Settings, asJSON bool) error {
	values := map[string]string{}
	for _, x := range instanceSettings {
		values[x.name] = x.show(s)
		if !asJSON {
			fmt.Fprintf(cmd.OutOrStdout(), "%s=%s\n", x.name, values[x.name])
		}
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), values)
	}
	return nil
}

func newSettingsSet() *cobra.Command {
	return &cobra.Command{
		Use:   "set key=value...",
		Short: "Change settings, all of them or none",
		Long: `Set changes settings of the instance, which all nodes follow. A lifetime is a
number with a unit: 90s, 15m, 72h. What was issued before keeps its lifetime.`,
		Example: `  signet settings set access_token_lifetime=1h refresh_grace=30s
  signet settings set allow_http_redirect_uris=true`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			change, err := readChanges(args)
			if err != nil {
				return err
			}
			return withOffice(cmd, func(ctx context.Context, o *server.Office) error {
				s, err := o.Admin.UpdateSettings(ctx, change)
				if err != nil {
					return err
				}
				return showSettings(cmd, s, false)
			})
		},
	}
}

// readChanges reads key=value pairs into one change.
func readChanges(args []string) (func(*store.Settings), error) {
	type change struct {
		setting
		value string
	}
	var changes []change
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, fmt.Errorf("%s is not of the form key=value", arg)
		}
		x, ok := find(key)
		if !ok {
			return nil, fmt.Errorf(`%s is not a setting; "signet settings show" lists them`, key)
		}
		if err := x.set(new(store.Settings), value); err != nil {
			return nil, fmt.Errorf("%s %w", key, err)
		}
		changes = append(changes, change{x, value})
	}
	return func(s *store.Settings) {
		for _, c := range changes {
			_ = c.set(s, c.value) // it was read above
		}
	}, nil
}

func find(key string) (setting, bool) {
	for _, x := range instanceSettings {
		if x.name == key {
			return x, true
		}
	}
	return setting{}, false
}
