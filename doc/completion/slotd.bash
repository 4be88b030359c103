# shellcheck shell=bash
# Completion of slotd for bash. It asks the program for its help, so that it
# knows what the version that is there knows.

_slotd()
{
	local program=$1 word=$2 before=$3 usage value

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "--help --version $(
			"$program" --help 2>/dev/null |
				sed -n 's/^  \([a-z]*\)  .*/\1/p')" -- "$word")
		return
	fi
	usage=$("$program" "${COMP_WORDS[1]}" --help 2>/dev/null |
		sed '/^$/q' | tr '\n' ' ')
	# What the option before it wants, or else the operands' names.
	value=
	case $before in
	-c | --config) value=FILE ;;
	*[!a-z-]*) ;; # nothing else may get into sed's script
	-*) value=$(sed -n "s/.*$before \([A-Za-z|]*\).*/\1/p" <<<"$usage") ;;
	esac
	if [ -z "$value" ]; then
		case $word in
		-*)
			mapfile -t COMPREPLY < <(compgen -W "-c --config --help $(
				grep -o -e '--[a-z-]*' <<<"$usage")" -- "$word")
			return
			;;
		esac
		value=$(sed 's/-[-a-z]* [A-Za-z|-]*//g' <<<"$usage")
	fi
	case $value in
	*FILE*)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	*DIR*)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		;;
	*" "*) ;; # no operand that can be completed
	[a-z]*\|*)
		mapfile -t COMPREPLY < <(compgen -W "${value//|/ }" -- "$word")
		;;
	esac
}

complete -F _slotd slotd
