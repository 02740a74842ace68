package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/signet-auth/signet/internal/picture"
	"github.com/signet-auth/signet/internal/store"
)

// PicturesPath is where pictures are shown, below the issuer.
const PicturesPath = "/images/"

// Picture finds a picture by the last part of its URL, or fails with
// store.ErrNotFound.
func (a *Admin) Picture(ctx context.Context, name string) (store.Picture, error) {
	if !isPicture(name) {
		return store.Picture{}, fmt.Errorf("finding a picture: %w", store.ErrNotFound)
	}
	return a.pictures.Picture(ctx, name)
}

// pictureID names a picture after its bytes, so that the URL of another one is
// another.
func pictureID(p picture.Picture) string {
	sum := sha256.Sum256(p.Bytes)
	return hex.EncodeToString(sum[:16]) + map[string]string{"image/png": ".png", "image/jpeg": ".jpg"}[p.Type]
}

func isPicture(name string) bool {
	if len(name) != 36 || name[32:] != ".png" && name[32:] != ".jpg" {
		return false
	}
	_, err := hex.DecodeString(name[:32])
	return err == nil
}

// upload keeps a picture and returns its URL. One that cannot be used is an *Error.
func (a *Admin) upload(ctx context.Context, file []byte) (string, error) {
	made, err := picture.Make(file)
	switch {
	case errors.Is(err, picture.ErrFormat):
		return "", problems{{"file", NotAPicture, "file must be a JPEG, PNG, GIF or WebP picture."}}.err()
	case errors.Is(err, picture.ErrPixels):
		return "", problems{{"file", PictureTooLarge, "file must be a picture of at most 25 million pixels."}}.err()
	case err != nil:
		return "", fmt.Errorf("making a picture: %w", err)
	}
	id := pictureID(made)
	err = a.pictures.PutPicture(ctx, store.Picture{ID: id, Type: made.Type, Bytes: made.Bytes, CreatedAt: a.now()})
	if err != nil {
		return "", fmt.Errorf("saving a picture: %w", err)
	}
	return a.pictureAt + id, nil
}

// SetLogo shows a picture for an application.
func (a *Admin) SetLogo(ctx context.Context, id string, file []byte) (Application, error) {
	if _, err := a.Application(ctx, id); err != nil {
		return Application{}, err // before a picture is made for nothing
	}
	at, err := a.upload(ctx, file)
	if err != nil {
		return Application{}, err
	}
	return a.changeApplication(ctx, id, func(app *Application) error {
		app.ImageURL = at
		return nil
	})
}

// SetProfileImage shows a picture for a user; none takes it away.
func (a *Admin) SetProfileImage(ctx context.Context, id string, file []byte) (store.User, error) {
	if _, err := a.User(ctx, id); err != nil {
		return store.User{}, err
	}
	at := ""
	if file != nil {
		var err error
		if at, err = a.upload(ctx, file); err != nil {
			return store.User{}, err
		}
	}
	return a.changeUser(ctx, id, false, func(u *store.User) error {
		u.ImageURL = at
		return nil
	})
}

// SetBrandLogo shows a picture on the pages that users see; none takes it away.
func (a *Admin) SetBrandLogo(ctx context.Context, file []byte) error {
	path := ""
	if file != nil {
		at, err := a.upload(ctx, file)
		if err != nil {
			return err
		}
		path = PicturesPath + strings.TrimPrefix(at, a.pictureAt)
	}
	_, err := a.UpdateSettings(ctx, func(s *store.Settings) { s.Brand.Logo = path })
	return err
}
