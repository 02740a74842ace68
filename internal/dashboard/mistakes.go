package dashboard

import (
	"errors"
	"strings"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/lang"
	"github.com/signet-auth/signet/internal/ui"
)

// mistakeWords are the messages for what can be wrong with a field of a form.
var mistakeWords = map[admin.Kind]string{
	admin.Missing:              "board.mistake.missing",
	admin.Empty:                "board.mistake.missing",
	admin.MissingData:          "board.mistake.missing",
	admin.MissingCompanion:     "board.mistake.companion",
	admin.Disallowed:           "board.mistake.disallowed",
	admin.PublicWithoutPKCE:    "board.mistake.disallowed",
	admin.ConsentRequired:      "board.mistake.disallowed",
	admin.Malformed:            "board.mistake.malformed",
	admin.NotATime:             "board.mistake.malformed",
	admin.Unacceptable:         "board.mistake.unacceptable",
	admin.NeverMet:             "board.mistake.unacceptable",
	admin.TooLong:              "board.mistake.too_long",
	admin.UsernameLength:       "board.mistake.too_long",
	admin.PasswordTooLong:      "board.mistake.too_long",
	admin.TooMany:              "board.mistake.too_many",
	admin.TooLarge:             "board.mistake.too_large",
	admin.Repeated:             "board.mistake.repeated",
	admin.Taken:                "board.mistake.taken",
	admin.Invited:              "board.mistake.invited",
	admin.NotAPicture:          "board.mistake.picture",
	admin.PictureTooLarge:      "board.mistake.picture_large",
	admin.UnknownScope:         "board.mistake.scope",
	admin.PasswordTooShort:     "board.mistake.too_short",
	admin.TooShort:             "board.mistake.too_short",
	admin.PasswordIsIdentifier: "board.mistake.password",
	admin.PasswordCommon:       "board.mistake.password",
	admin.UsernameCharacter:    "board.mistake.username",
	admin.UsernameAllDigits:    "board.mistake.username",
}

// problem says what is wrong with a field: in English as the Backend API does; in
// other languages what kind of mistake it is, and then that.
func (v *visit) problem(p admin.Problem) string {
	key, ok := mistakeWords[p.Kind]
	if v.view.Language == lang.English || !ok {
		return p.Text
	}
	return v.say("board.mistake.in_detail", "mistake", v.say(key), "detail", p.Text)
}

// problems says all that is wrong, with the fields.
func (v *visit) problems(wrong *admin.Error) string {
	said := make([]string, len(wrong.Problems))
	for i, p := range wrong.Problems {
		said[i] = p.Field + ": " + v.problem(p)
	}
	return strings.Join(said, "; ")
}

func (v *visit) nothingSaved(mistake string) string {
	return v.say("board.mistake.nothing_saved", "mistake", mistake)
}

// mistakes gives what is wrong by field. Other errors come back.
func (v *visit) mistakes(err error) (ui.Mistakes, error) {
	var wrong *admin.Error
	if !errors.As(err, &wrong) {
		return nil, err
	}
	all := ui.Mistakes{}
	for _, p := range wrong.Problems {
		if all[p.Field] == "" {
			all[p.Field] = v.problem(p)
		}
	}
	all[""] = v.nothingSaved(v.problem(wrong.Problems[0]))
	return all, nil
}
