package backendapi

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// catalogue gives status and short message of each code, as Clerk's does. Clerk's
// has none for what method_not_allowed, idempotency_key_... and precondition_...
// say: these are ours.
var catalogue = map[string]struct {
	status  int
	message string
}{
	"bad_request":                                         {400, "Bad request"},
	"machine_token_reserved_claim":                        {400, "reserved claim used"},
	"machine_secret_key_invalid":                          {401, "The provided machine secret key is invalid."},
	"authorization_invalid":                               {403, "Unauthorized request"},
	"machine_not_found":                                   {404, "Machine not found"},
	"form_param_min_length_exceeded":                      {422, "is too short"},
	"request_body_invalid":                                {400, "Request body invalid"},
	"malformed_request_parameters":                        {400, "Malformed request parameters"},
	"api_version_invalid":                                 {400, "API version invalid"},
	"duplicate_record":                                    {400, "is a duplicate"},
	"oauth_invalid_scope":                                 {400, "Invalid scope."},
	"unsupported_token_type":                              {400, "Unsupported token type"},
	"missing_query_parameter":                             {400, "Missing query parameter"},
	"no_password_set":                                     {400, "No password set"},
	"last_required_identification_deletion_failed":        {400, "Identification deletion failed"},
	"no_second_factors_set":                               {400, "No second factors set"},
	"form_code_incorrect":                                 {422, "is incorrect"},
	"incorrect_password":                                  {422, "Incorrect password"},
	"clerk_key_invalid":                                   {401, "The provided secret key is invalid."},
	"resource_not_found":                                  {404, "not found"},
	"method_not_allowed":                                  {405, "Method not allowed"},
	"conflict":                                            {409, "Conflict"},
	"request_body_too_large":                              {413, "Request body too large"},
	"unsupported_content_type":                            {415, "Unsupported content type"},
	"form_param_missing":                                  {422, "is missing"},
	"form_param_nil":                                      {422, "is empty"},
	"form_param_unknown":                                  {422, "is unknown"},
	"form_param_type_invalid":                             {422, "is invalid"},
	"form_param_format_invalid":                           {422, "is invalid"},
	"form_param_value_invalid":                            {422, "is invalid"},
	"form_param_invalid_time":                             {422, "is invalid"},
	"form_param_duplicate":                                {422, "is a duplicate"},
	"form_data_missing":                                   {422, "missing data"},
	"form_identifier_exists":                              {422, "is taken"},
	"too_many_requests":                                   {429, "Too many requests"},
	"precondition_invalid":                                {400, "Precondition invalid"},
	"precondition_failed":                                 {412, "Precondition failed"},
	"idempotency_key_invalid":                             {400, "Idempotency key invalid"},
	"idempotency_key_reused":                              {422, "Idempotency key reused"},
	"internal_clerk_error":                                {500, "Internal error"},
	"invitation_already_accepted":                         {400, "already accepted"},
	"invitation_already_revoked":                          {400, "already revoked"},
	"sign_in_token_cannot_be_revoked":                     {400, "cannot be revoked"},
	"image_too_large":                                     {413, "Image too large"},
	"service_unavailable":                                 {503, "Service unavailable"},
	"form_username_invalid_length":                        {422, "is invalid"},
	"form_password_digest_invalid_code":                   {422, "is invalid"},
	"authorization_header_format_invalid":                 {401, "Invalid Authorization header format"},
	"form_param_max_length_exceeded":                      {422, "exceeds maximum length"},
	"form_param_array_size_exceeded":                      {422, "exceeds maximum size"},
	"form_param_array_length_mismatch":                    {422, "has the wrong length"},
	"form_param_exceeds_allowed_size":                     {422, "exceeds maximum size"},
	"form_conditional_param_missing":                      {422, "is missing"},
	"form_conditional_param_disallowed":                   {422, "is not allowed"},
	"form_public_client_requires_pkce":                    {422, "is invalid"},
	"oauth_application_consent_screen_cannot_be_disabled": {422, "is invalid"},
	"form_password_length_too_short":                      {422, "is too short"},
	"form_password_size_in_bytes_exceeded":                {422, "is too long"},
	"form_password_matches_identifier":                    {422, "is an identifier"},
	"form_password_pwned":                                 {422, "is known to others"},
	"form_username_invalid_character":                     {422, "is invalid"},
	"form_username_needs_non_number_char":                 {422, "is invalid"},
	"organization_not_enabled_in_instance":                {403, "access denied"},
	"organization_creator_not_found":                      {400, "creator not found"},
	"already_a_member_in_organization":                    {400, "already a member"},
	"organization_membership_quota_exceeded":              {403, "organization membership quota exceeded"},
	"organization_minimum_permissions_needed":             {400, "minimum organization permissions needed"},
}

// codes gives the code for each kind of mistake. Kinds that mean something else
// for applications than for users are told apart by field in codeOf.
var codes = map[admin.Kind]string{
	admin.Missing:              "form_param_missing",
	admin.Empty:                "form_param_nil",
	admin.MissingData:          "form_data_missing",
	admin.MissingCompanion:     "form_conditional_param_missing",
	admin.Disallowed:           "form_conditional_param_disallowed",
	admin.Malformed:            "form_param_format_invalid",
	admin.Unacceptable:         "form_param_value_invalid",
	admin.NotATime:             "form_param_invalid_time",
	admin.TooLong:              "form_param_max_length_exceeded",
	admin.TooShort:             "form_param_min_length_exceeded",
	admin.NeverMet:             "bad_request",
	admin.UnknownMachine:       "machine_not_found",
	admin.ReservedClaim:        "machine_token_reserved_claim",
	admin.TooMany:              "form_param_array_size_exceeded",
	admin.TooLarge:             "form_param_exceeds_allowed_size",
	admin.Repeated:             "form_param_duplicate",
	admin.Taken:                "form_identifier_exists",
	admin.Invited:              "duplicate_record",
	admin.NotAPicture:          "request_body_invalid",
	admin.PictureTooLarge:      "image_too_large",
	admin.UnknownScope:         "oauth_invalid_scope",
	admin.PublicWithoutPKCE:    "form_public_client_requires_pkce",
	admin.ConsentRequired:      "oauth_application_consent_screen_cannot_be_disabled",
	admin.DigestUnusable:       "form_password_digest_invalid_code",
	admin.PasswordTooShort:     "form_password_length_too_short",
	admin.PasswordTooLong:      "form_password_size_in_bytes_exceeded",
	admin.PasswordIsIdentifier: "form_password_matches_identifier",
	admin.PasswordCommon:       "form_password_pwned",
	admin.UsernameLength:       "form_username_invalid_length",
	admin.UsernameCharacter:    "form_username_invalid_character",
	admin.UsernameAllDigits:    "form_username_needs_non_number_char",
	admin.NoCreator:            "organization_creator_not_found",
	admin.NoRole:               "resource_not_found",
	admin.MemberAlready:        "already_a_member_in_organization",
	admin.NoRoom:               "organization_membership_quota_exceeded",
	admin.LastAdmin:            "organization_minimum_permissions_needed",
}

// codeOf gives the code of a mistake.
func codeOf(p admin.Problem) string {
	if p.Kind == admin.Repeated && p.Field == "redirect_uris" {
		return "duplicate_record"
	}
	return codes[p.Kind]
}

// A problem is one entry of an error answer.
type problem struct {
	code   string // of the catalogue
	param  string // the field or query parameter; "" if there is none
	long   string // a sentence that says what to do, without input in it
	status int    // if it is not that of the catalogue
}

// A refusal is an error answer of at least one problem.
type refusal []problem

// Error implements error.
func (r refusal) Error() string { return strings.Join(r.codes(), ", ") }

// refuse makes a refusal with one problem.
func refuse(code, param, long string) error { return refusal{{code: code, param: param, long: long}} }

// asRefusal finds the answer to an error; ok is false for a fault.
func asRefusal(err error) (r refusal, ok bool) {
	var mistake *admin.Error
	switch {
	case errors.As(err, &r):
		return r, true
	case errors.As(err, &mistake):
		for _, p := range mistake.Problems {
			r = append(r, problem{code: codeOf(p), param: p.Field, long: p.Text})
		}
		return r, true
	case errors.Is(err, store.ErrNotFound):
		return refusal{{code: "resource_not_found", long: "No such object exists."}}, true
	case errors.Is(err, store.ErrConflict):
		return refusal{{code: "conflict", long: "Others kept changing the object at the same time; try again."}}, true
	case errors.Is(err, admin.ErrNoOrganizations):
		return refusal{{code: "organization_not_enabled_in_instance", long: "Organizations are off on this instance; PATCH /v1/instance/organization_settings switches them on."}}, true
	case errors.Is(err, admin.ErrPrecondition):
		return refusal{{code: "precondition_failed", long: "The object is not the one that If-Match names any more; read it again."}}, true
	case errors.Is(err, account.ErrBusy):
		return refusal{{code: "service_unavailable", long: "Too many passwords are being hashed; try again in a moment."}}, true
	}
	return nil, false
}

// status is that of the first problem, or 422 as soon as one has it: 400 would
// say less.
func (r refusal) status() int {
	for _, p := range r {
		if p.status == 0 && catalogue[p.code].status == http.StatusUnprocessableEntity {
			return http.StatusUnprocessableEntity
		}
	}
	return cmp.Or(r[0].status, catalogue[r[0].code].status)
}

func (r refusal) codes() []string {
	all := make([]string, len(r))
	for i, p := range r {
		all[i] = p.code
	}
	return all
}

// body is the refusal as Clerk's SDKs read it. No string is left out, since the
// Python SDK needs all three.
func (r refusal) body(trace string) errorBody {
	b := errorBody{TraceID: trace}
	for _, p := range r {
		e := errorObject{Message: catalogue[p.code].message, LongMessage: p.long, Code: p.code}
		if p.param != "" {
			e.Meta = &errorMeta{ParamName: p.param}
		}
		b.Errors = append(b.Errors, e)
	}
	return b
}

type errorBody struct {
	Errors  []errorObject `json:"errors"`
	TraceID string        `json:"clerk_trace_id"`
}

type errorObject struct {
	Message     string     `json:"message"`
	LongMessage string     `json:"long_message"`
	Code        string     `json:"code"`
	Meta        *errorMeta `json:"meta,omitempty"`
}

type errorMeta struct {
	ParamName string `json:"param_name"`
}
