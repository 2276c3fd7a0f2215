package credentials

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	fileVariable = "HUAWEICLOUD_SDK_CREDENTIALS_FILE"
	section      = "basic"
)

// maxFile is far larger than a credentials file.
const maxFile = 1 << 20

// file reads the credentials file. A file named by the environment must be valid; the one
// in the home directory may belong to another program and lack the section [basic].
func (p Places) file() (Values, error) {
	path := p.Getenv(fileVariable)
	isNamed := path != ""
	if !isNamed {
		if p.Home == "" {
			return Values{}, notSetError("the file ~/.huaweicloud/credentials: no home directory")
		}
		path = filepath.Join(p.Home, ".huaweicloud", "credentials")
	}
	place := "the credentials file " + path
	data, err := readFile(path)
	if errors.Is(err, os.ErrNotExist) && !isNamed {
		return Values{}, notSetError(place + ": it does not exist")
	}
	var found Values
	if err == nil {
		found, err = parse(data)
	}
	switch {
	case errors.Is(err, errNoSection) && !isNamed:
		return Values{}, notSetError(place + ": " + err.Error())
	case err != nil:
		return Values{}, fmt.Errorf("%s: %w", place, err)
	}
	found.Place = place + ", section [" + section + "], keys ak and sk"
	return found, nil
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && writableByOthers(info.Mode()) {
		return nil, errors.New("users other than its owner can write it, and so choose the credentials; run chmod go-w on it")
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	return data, err
}
