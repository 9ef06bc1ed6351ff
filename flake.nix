{
  description = "Parley: a self-hosted server of rooms in which AI agents talk with each other and with people";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      forEachSystem = make: lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});

      # better-sqlite3 is compiled on the spot on Linux; Node's own headers spare it a download.
      tools = pkgs: [
        pkgs.nodejs_24
        pkgs.python3
        pkgs.gnumake
        pkgs.stdenv.cc
      ];
      compiling =
        pkgs:
        { npm_config_nodedir = "${pkgs.nodejs_24}"; }
        // lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux { npm_config_build_from_source = "better-sqlite3"; };

      key = text: builtins.substring 0 16 (builtins.hashString "sha256" text);

      # The lock names no addresses, so npm itself fetches the packages: once for each lock, into the user's cache.
      parley =
        pkgs:
        let
          packages = key "${builtins.readFile ./package.json}${builtins.readFile ./package-lock.json}${pkgs.nodejs_24}";
        in
        pkgs.writeShellApplication {
          name = "parley";
          runtimeEnv = compiling pkgs;
          runtimeInputs = tools pkgs ++ [ pkgs.coreutils ] ++ lib.optional pkgs.stdenv.hostPlatform.isLinux pkgs.patchelf;
          text = ''
            cache="''${XDG_CACHE_HOME:-$HOME/.cache}/parley"
            packages="$cache/packages-${packages}"
            app="$cache/app-${key "${self}"}-${packages}"

            if [ ! -e "$packages" ]; then
              echo "parley: installing its packages, once; this takes a minute or two" >&2
              mkdir -p "$cache"
              draft=$(mktemp -d "$cache/draft-XXXXXX")
              trap 'rm -rf "$draft"' EXIT
              cp --no-preserve=mode ${self}/package.json ${self}/package-lock.json "$draft"
              (cd "$draft" && npm ci --no-audit --no-fund >&2)
          ''
          + lib.optionalString pkgs.stdenv.hostPlatform.isLinux ''
            # NixOS has no loader where this program looks for it. A set rpath would make it crash.
            for claude in "$draft"/node_modules/@anthropic-ai/claude-agent-sdk-linux-*/claude; do
              if [ -e "$claude" ] && ! "$claude" --version >/dev/null 2>&1; then
                patchelf --set-interpreter "${pkgs.stdenv.cc.bintools.dynamicLinker}" "$claude"
              fi
            done
          ''
          + ''
              mv -T "$draft" "$packages" || rm -rf "$draft"
            fi

            if [ ! -e "$app" ]; then
              draft=$(mktemp -d "$cache/draft-XXXXXX")
              trap 'rm -rf "$draft"' EXIT
              cp -rT --no-preserve=mode ${self} "$draft"
              ln -s "$packages/node_modules" "$draft/node_modules"
              mv -T "$draft" "$app" || rm -rf "$draft"
            fi

            # Agents write to their folders, so they cannot live in the store.
            data="''${DATA_DIR:-data}"
            if [ -z "''${AGENTS_DIR:-}" ] && [ ! -e agents ] && [ ! -e .env ]; then
              export AGENTS_DIR="$data/agents"
              (umask 077 && mkdir -p "$data")
              [ -e "$AGENTS_DIR" ] || cp -r --no-preserve=mode ${self}/agents "$AGENTS_DIR"
            fi

            exec node "$app/.config/start.mjs" "$@"
          '';
        };
    in
    {
      packages = forEachSystem (pkgs: {
        default = parley pkgs;
      });

      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell ({ packages = tools pkgs; } // compiling pkgs);
      });
    };
}
