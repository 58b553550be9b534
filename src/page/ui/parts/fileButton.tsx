// A button that opens the system's window of files; the browser's own would speak the browser's language.

interface Given {
  readonly label: string;
  readonly folder?: boolean;
  readonly multiple?: boolean;
  readonly accept?: string;
  /** At least one. */
  onFiles(files: FileList): void;
}

export function FileButton({ label, folder = false, multiple = folder, accept, onFiles }: Given) {
  return (
    <label class="button">
      {label}
      <input
        type="file" class="unseen" multiple={multiple} accept={accept} {...(folder && { webkitdirectory: true })}
        onChange={({ currentTarget }) => {
          if (currentTarget.files!.length) onFiles(currentTarget.files!);
          currentTarget.value = ""; // so that the same file can be chosen again
        }}
      />
    </label>
  );
}
