package sdk

import (
	"bytes"
	"crypto/rand"
	"mime/multipart"
	"reflect"
	"testing"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/apikey"
	"github.com/clerk/clerk-sdk-go/v2/emailaddress"
	"github.com/clerk/clerk-sdk-go/v2/instancesettings"
	"github.com/clerk/clerk-sdk-go/v2/invitation"
	"github.com/clerk/clerk-sdk-go/v2/jwks"
	"github.com/clerk/clerk-sdk-go/v2/m2m_token"
	"github.com/clerk/clerk-sdk-go/v2/machine"
	"github.com/clerk/clerk-sdk-go/v2/machinescope"
	"github.com/clerk/clerk-sdk-go/v2/oauthapplication"
	"github.com/clerk/clerk-sdk-go/v2/organization"
	"github.com/clerk/clerk-sdk-go/v2/organizationmembership"
	"github.com/clerk/clerk-sdk-go/v2/session"
	"github.com/clerk/clerk-sdk-go/v2/signintoken"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

// clients are those of the Go SDK that have something to do here.
func clients(c *clerk.ClientConfig) map[string]any {
	return map[string]any{
		"apikey": apikey.NewClient(c), "emailaddress": emailaddress.NewClient(c), "instancesettings": instancesettings.NewClient(c),
		"invitation": invitation.NewClient(c), "jwks": jwks.NewClient(c), "m2m_token": m2m_token.NewClient(c), "machine": machine.NewClient(c),
		"machinescope": machinescope.NewClient(c), "oauthapplication": oauthapplication.NewClient(c), "organization": organization.NewClient(c),
		"organizationmembership": organizationmembership.NewClient(c), "session": session.NewClient(c),
		"signintoken": signintoken.NewClient(c), "user": user.NewClient(c),
	}
}

// TestWrongKey calls every method that is offered with a key of another instance:
// there is none that a stranger could use.
func TestWrongKey(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		s.key = "sk_test_" + rand.Text() + rand.Text()
		for pkg, client := range clients(s.config()) {
			v := reflect.ValueOf(client)
			for i := range v.NumMethod() {
				name := pkg + "." + v.Type().Method(i).Name
				if reason(goSDK, name) != "" {
					continue
				}
				got := refusedWith(t, lastError(v.Method(i).Call(arguments(t, v.Method(i).Type()))))
				if got != "401 clerk_key_invalid" && got != "401 machine_secret_key_invalid" {
					t.Errorf("%s: %s, want 401 clerk_key_invalid", name, got)
				}
			}
		}
	})
}

// arguments are something for each parameter of a method.
func arguments(t *testing.T, method reflect.Type) []reflect.Value {
	args := []reflect.Value{reflect.ValueOf(t.Context())}
	for i := 1; i < method.NumIn(); i++ {
		switch in := method.In(i); in.Kind() {
		case reflect.String:
			args = append(args, reflect.ValueOf("some"))
		case reflect.Pointer:
			params := reflect.New(in.Elem())
			for j := range params.Elem().NumField() {
				switch f := params.Elem().Field(j); {
				case f.Kind() == reflect.String: // an id that is part of the path
					f.SetString("some")
				case f.Type() == reflect.TypeFor[multipart.File]():
					f.Set(reflect.ValueOf(upload{bytes.NewReader(nil)}))
				}
			}
			args = append(args, params)
		default:
			t.Fatalf("a parameter of kind %v", in.Kind())
		}
	}
	return args
}

// An upload is an empty file.
type upload struct{ *bytes.Reader }

// Close implements io.Closer.
func (upload) Close() error { return nil }

func lastError(results []reflect.Value) error {
	err, _ := results[len(results)-1].Interface().(error)
	return err
}
