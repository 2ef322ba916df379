# source <(kubectl-sallyport completion bash)
_kubectl_sallyport() {
  local -a words=() lines=()
  local index word glue="" directive
  for ((index = 1; index <= COMP_CWORD; index++)); do
    word="${COMP_WORDS[index]}"
    if [[ $index -gt 1 && ( $word == "=" || $word == ":" || $glue == yes ) ]]; then
      words[${#words[@]}-1]+="$word"
      if [[ $word == "=" || $word == ":" ]]; then glue=yes; else glue=""; fi
    else
      words+=("$word")
      glue=""
    fi
  done
  local current="${words[${#words[@]}-1]}"
  mapfile -t lines < <(kubectl-sallyport __complete "${words[@]}" 2>/dev/null)
  COMPREPLY=()
  if [[ ${#lines[@]} -eq 0 ]]; then return; fi
  directive="${lines[${#lines[@]}-1]#:}"
  unset "lines[${#lines[@]}-1]"
  local behind=""
  if [[ $current == *[=:]* ]]; then behind="${current%"${current##*[=:]}"}"; fi
  for word in "${lines[@]}"; do
    word="${word%%$'\t'*}"
    COMPREPLY+=("${word#"$behind"}")
  done
  if [[ ${#COMPREPLY[@]} -eq 0 && $directive == 0 ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _kubectl_sallyport kubectl-sallyport
